// SPDX-License-Identifier: Apache-2.0
// Queries through one connection. An error is what the stored values have wrong; the database's own failures are thrown as
// pqxx's exceptions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/detection_store.h"
#include "store/postgres/connection.h"

namespace weir::store::postgres {

// `statement` selects selected_columns().
base::Result<std::vector<alerting::Detection>> read_detections(Connection& connection, const sql::Statement& statement);
// The same within a transaction of the caller's.
base::Result<std::vector<alerting::Detection>> read_detections(Connection& connection,
                                                               pqxx::transaction_base& transaction,
                                                               const sql::Statement& statement);
DetectionCounts read_counts(Connection& connection);
base::Result<std::optional<ModelRecord>> read_model(Connection& connection, const std::string& version);
std::vector<ThroughputSample> read_throughput(Connection& connection, base::Timestamp from, base::Timestamp to,
                                              std::uint32_t max_points);

}  // namespace weir::store::postgres
