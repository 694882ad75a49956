// SPDX-License-Identifier: Apache-2.0
// Brings a SQLite file to this program's schema.
#pragma once

#include "base/result.h"
#include "store/sqlite/connection.h"

namespace weir::store::sqlite {

// Sets write-ahead logging, then applies what is missing in one transaction. An error: read-only, another program's database, a newer weir's,
// half migrated. Throws SQLite::Exception.
base::Result<> prepare_schema(Connection& connection);

}  // namespace weir::store::sqlite
