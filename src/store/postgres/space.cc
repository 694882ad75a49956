// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/space.h"

#include <algorithm>
#include <string>

namespace weir::store::postgres {

namespace {

constexpr const char* kTables[] = {"detections",       "throughput",        "models",       "incidents",
                                   "incident_parties", "incident_sessions", "suppressions", "feedback"};

// Of a row: its header and its place in the page, beside the columns.
constexpr std::uint64_t kRowOverhead = 28;

std::uint64_t number(PostgresSession& session, const std::string& query) {
  sql::Statement statement(sql::Dialect::postgres);
  statement.text = query;
  std::uint64_t value = 0;
  session.each(statement, [&value](const sql::RowReader& row) { value = static_cast<std::uint64_t>(row.integer(0)); });
  return value;
}

}  // namespace

StoreExtent read_extent(PostgresSession& session) {
  StoreExtent extent;
  for (const char* table : kTables) {
    extent.bytes += number(session, "SELECT pg_total_relation_size('" + std::string(table) + "')");
  }
  const std::uint64_t all = number(session, "SELECT pg_total_relation_size('detections')");
  const std::uint64_t rows_alone = number(session, "SELECT pg_table_size('detections')");
  extent.detections = number(session, "SELECT count(*) FROM detections");
  const std::uint64_t a_row = number(session,
                                     "SELECT coalesce(avg(pg_column_size(d.*)), 0)::bigint FROM (SELECT * FROM "
                                     "detections ORDER BY last_seen_at DESC "
                                     "LIMIT 200) AS d") +
                              kRowOverhead;
  // The indexes take their share of what is used as they do of the whole: both have gaps where rows were deleted.
  const double with_indexes = static_cast<double>(all) / static_cast<double>(std::max<std::uint64_t>(rows_alone, 1));
  const auto used = static_cast<std::uint64_t>(static_cast<double>(extent.detections * a_row) * with_indexes);
  extent.used_bytes = extent.bytes - all + std::min(used, all);
  extent.gives_back = false;
  return extent;
}

void vacuum_tables(pqxx::connection& session) {
  pqxx::nontransaction alone(session);
  alone.exec("SET statement_timeout = 0");
  for (const char* table : kTables) alone.exec("VACUUM (FULL, ANALYZE) " + std::string(table));
}

}  // namespace weir::store::postgres
