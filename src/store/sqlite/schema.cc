// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/schema.h"

#include <sqlite3.h>

#include <fmt/format.h>

#include "store/sql/migrations.h"

namespace weir::store::sqlite {

namespace {

constexpr int kApplicationId = 0x77656972;  // "weir", in the header of the file: tells it from other programs' files

bool is_new(SQLite::Database& database) {
  return database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
}

std::vector<int> recorded_versions(SQLite::Database& database) {
  std::vector<int> versions;
  if (!database.tableExists("schema_version")) return versions;
  SQLite::Statement query(database, "SELECT version FROM schema_version ORDER BY version");
  while (query.executeStep()) versions.push_back(query.getColumn(0).getInt());
  return versions;
}

// Every table that a migration made is still there.
base::Result<> check_tables(SQLite::Database& database) {
  for (const char* table : {"detections", "throughput", "models", "incidents", "incident_parties", "incident_sessions",
                            "suppressions", "feedback"}) {
    if (!database.tableExists(table)) {
      return base::fail(
          fmt::format("its schema is half migrated (there is no table {}): restore it from a backup", table));
    }
  }
  return {};
}

base::Result<> apply_missing(SQLite::Database& database) {
  // Two programs may start at once: the second waits here and then finds nothing to do.
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (is_new(database)) {
    database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.exec(
        "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)");
  }
  const auto missing = sql::still_to_apply(sql::sqlite_migrations(), recorded_versions(database));
  if (!missing) return base::fail(missing.error());
  for (const sql::Migration& migration : *missing) {
    database.exec(std::string(migration.sql));
    database.exec(fmt::format("INSERT INTO schema_version VALUES ({}, '{}', unixepoch() * 1000000)", migration.version,
                              migration.name));
  }
  auto checked = check_tables(database);
  if (checked) transaction.commit();
  return checked;
}

}  // namespace

base::Result<> prepare_schema(Connection& connection) {
  SQLite::Database& database = connection.database();
  // SQLite falls back to reading alone, without a word, when it may not write.
  if (sqlite3_db_readonly(database.getHandle(), "main") == 1) {
    return base::fail("the file cannot be written: check its permissions");
  }
  if (!is_new(database) && database.execAndGet("PRAGMA application_id").getInt() != kApplicationId) {
    return base::fail("it is the database of another program: name another file");
  }
  // Before the first page is written: afterwards only VACUUM can change it.
  if (is_new(database)) database.exec("PRAGMA auto_vacuum = INCREMENTAL;");
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  // The log is written back every 32 MiB instead of every 4: pages that each batch changes are written once for many batches.
  database.exec("PRAGMA wal_autocheckpoint = 8192;");
  return apply_missing(database);
}

}  // namespace weir::store::sqlite
