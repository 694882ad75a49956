// SPDX-License-Identifier: Apache-2.0
// Writes values through a connection; the caller holds the transaction. Throws pqxx's exceptions.
#pragma once

#include "store/detection_store.h"
#include "store/postgres/connection.h"

namespace weir::store::postgres {

void put(Connection& connection, pqxx::transaction_base& transaction,
         const std::vector<alerting::Detection>& detections);
void put(Connection& connection, pqxx::transaction_base& transaction, const ThroughputSample& sample);
void put(Connection& connection, pqxx::transaction_base& transaction, const ModelRecord& model);

}  // namespace weir::store::postgres
