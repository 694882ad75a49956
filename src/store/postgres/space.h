// SPDX-License-Identifier: Apache-2.0
// The room that weir's tables take in PostgreSQL. Throws pqxx's exceptions.
#pragma once

#include <pqxx/pqxx>

#include "store/postgres/session.h"
#include "store/store_upkeep.h"

namespace weir::store::postgres {

// All but `oldest`. A table does not shrink when rows are deleted (their room is used again), so what is used is worked out
// from the number of rows and the size of some. The number is counted while it is small, else what the server's statistics say.
StoreExtent read_extent(PostgresSession& session);

// At the end of its transaction the statistics know what this session did, and not only a second or ten later: retention
// deletes and measures in turn.
void tell_statistics(PostgresSession& session);

void vacuum_tables(pqxx::connection& session);

}  // namespace weir::store::postgres
