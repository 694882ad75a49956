// SPDX-License-Identifier: Apache-2.0
// Writes values through a connection; the caller holds the transaction. Throws pqxx's exceptions.
#pragma once

#include <functional>
#include <vector>

#include "store/detection_store.h"
#include "store/postgres/connection.h"

namespace weir::store::postgres {

// Each flow once. Those that are not stored yet (`is_stored` says so, and nobody else writes meanwhile) go into the table at
// once, the others by way of a temporary one.
void put(Connection& connection, pqxx::transaction_base& transaction,
         const std::vector<alerting::Detection>& detections,
         const std::function<bool(const alerting::Detection&)>& is_stored);
void put(Connection& connection, pqxx::transaction_base& transaction, const ThroughputSample& sample);
void put(Connection& connection, pqxx::transaction_base& transaction, const ModelRecord& model);

}  // namespace weir::store::postgres
