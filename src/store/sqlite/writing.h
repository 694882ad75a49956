// SPDX-License-Identifier: Apache-2.0
// Writes one value through a connection; the caller holds the transaction. Throws SQLite::Exception.
#pragma once

#include "store/detection_store.h"
#include "store/sqlite/connection.h"

namespace weir::store::sqlite {

void put(Connection& connection, const alerting::Detection& detection);
void put(Connection& connection, const ThroughputSample& sample);
void put(Connection& connection, const ModelRecord& model);

}  // namespace weir::store::sqlite
