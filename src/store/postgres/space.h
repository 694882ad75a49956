// SPDX-License-Identifier: Apache-2.0
// The room that weir's tables take in PostgreSQL. Throws pqxx's exceptions.
#pragma once

#include <pqxx/pqxx>

#include "store/postgres/session.h"
#include "store/store_upkeep.h"

namespace weir::store::postgres {

// All but `oldest`. A table does not shrink when rows are deleted (their room is used again), so what is used is worked out
// from the number of rows and the size of some.
StoreExtent read_extent(PostgresSession& session);

void vacuum_tables(pqxx::connection& session);

}  // namespace weir::store::postgres
