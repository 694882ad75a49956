// SPDX-License-Identifier: Apache-2.0
// Brings a PostgreSQL database to this program's schema.
#pragma once

#include "base/result.h"
#include "store/postgres/connection.h"

namespace weir::store::postgres {

// Applies what is missing in one transaction, alone among all weirs that start at once. An error: another program's
// tables, a newer weir's schema, half migrated. Throws pqxx's exceptions.
base::Result<> prepare_schema(Connection& connection);

}  // namespace weir::store::postgres
