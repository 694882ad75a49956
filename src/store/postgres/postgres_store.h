// SPDX-License-Identifier: Apache-2.0
// Detections in PostgreSQL, by URL (`postgresql://USER:PASSWORD@HOST:PORT/DATABASE` or `postgres://...`).
//
// One connection writes (COPY into a temporary table, then one merging INSERT), up to `readers` others read. A connection
// that is lost is replaced at the next use; a read is then tried once more. No message ever holds the password.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "alerting/incident_grouping.h"
#include "base/result.h"
#include "store/detection_store.h"

namespace weir::store::postgres {

struct PostgresOptions {
  std::size_t readers = 4;
  std::chrono::milliseconds longest_wait{5000};  // for a free reader
  std::chrono::seconds connect_timeout{5};       // unless the URL says otherwise
  std::chrono::seconds statement_timeout{30};
  alerting::GroupingRules rules = {};
};

// Connects, and brings the schema up to date. An error: an URL that is none, no server, a wrong password, another
// program's tables, a newer weir's schema, half migrated.
base::Result<std::unique_ptr<DetectionStore>> open_postgres(const std::string& url, PostgresOptions options = {});

}  // namespace weir::store::postgres
