// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/schema.h"

#include <fmt/format.h>

#include "store/sql/migrations.h"

namespace weir::store::postgres {

namespace {

constexpr const char* kTables[] = {"detections",       "throughput",        "models",       "incidents",
                                   "incident_parties", "incident_sessions", "suppressions", "feedback"};
constexpr const char* kMark =
    "weir: steps of the schema";  // the comment on schema_version: tells it from other programs'

bool exists(pqxx::work& transaction, const std::string& table) {
  return transaction.exec_params1("SELECT to_regclass($1) IS NOT NULL", table)[0].as<bool>();
}

bool is_ours(pqxx::work& transaction) {
  return transaction
      .exec_params1("SELECT obj_description('schema_version'::regclass, 'pg_class') IS NOT DISTINCT FROM $1", kMark)[0]
      .as<bool>();
}

base::Result<> make_room(pqxx::work& transaction) {
  if (exists(transaction, "schema_version")) {
    if (is_ours(transaction)) return {};
    return base::fail("it holds the tables of another program (schema_version): name another database");
  }
  for (const char* table : kTables) {
    if (exists(transaction, table)) {
      return base::fail(fmt::format("it holds the tables of another program ({}): name another database", table));
    }
  }
  transaction.exec(
      "CREATE TABLE schema_version (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)");
  transaction.exec(fmt::format("COMMENT ON TABLE schema_version IS '{}'", kMark));
  return {};
}

std::vector<int> recorded_versions(pqxx::work& transaction) {
  std::vector<int> versions;
  for (const auto& row : transaction.exec("SELECT version FROM schema_version ORDER BY version"))
    versions.push_back(row[0].as<int>());
  return versions;
}

base::Result<> check_tables(pqxx::work& transaction) {
  for (const char* table : kTables) {
    if (!exists(transaction, table)) {
      return base::fail(
          fmt::format("its schema is half migrated (there is no table {}): restore it from a backup", table));
    }
  }
  return {};
}

}  // namespace

base::Result<> prepare_schema(Connection& connection) {
  pqxx::work transaction(connection.session());
  transaction.exec("SELECT pg_advisory_xact_lock(hashtext('weir schema'))");
  if (auto made = make_room(transaction); !made) return made;
  const auto missing = sql::still_to_apply(sql::postgres_migrations(), recorded_versions(transaction));
  if (!missing) return base::fail(missing.error());
  for (const sql::Migration& migration : *missing) {
    transaction.exec(std::string(migration.sql));
    transaction.exec_params("INSERT INTO schema_version VALUES ($1, $2, now())", migration.version,
                            std::string(migration.name));
  }
  if (auto checked = check_tables(transaction); !checked) return checked;
  transaction.commit();
  return {};
}

}  // namespace weir::store::postgres
