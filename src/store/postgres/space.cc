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

// Counting a hundred million rows takes minutes. The server's statistics follow what is written and deleted, to a second or
// so; a crash of the server forgets them, and until the next ANALYZE or VACUUM they are what was written since. (What the
// planner goes by, reltuples a page, would not do: it does not fall as rows are deleted, and retention would delete on.)
std::uint64_t count_detections(PostgresSession& session) {
  constexpr std::uint64_t kCountedBelow = 20'000;  // some milliseconds
  const std::uint64_t estimate = number(session,
                                        "SELECT CASE WHEN coalesce(pg_stat_get_last_vacuum_time(oid), "
                                        "pg_stat_get_last_autovacuum_time(oid), pg_stat_get_last_analyze_time(oid), "
                                        "pg_stat_get_last_autoanalyze_time(oid)) IS NULL THEN 0 ELSE "
                                        "pg_stat_get_live_tuples(oid) END FROM pg_class WHERE oid = "
                                        "'detections'::regclass");
  return estimate < kCountedBelow ? number(session, "SELECT count(*) FROM detections") : estimate;
}

}  // namespace

void tell_statistics(PostgresSession& session) {
  // Older servers are told twice a second anyway.
  constexpr int kFirstThatWaits = 150'000;
  if (session.transaction().conn().server_version() < kFirstThatWaits) return;
  session.transaction().exec("SELECT pg_stat_force_next_flush()");
}

StoreExtent read_extent(PostgresSession& session) {
  StoreExtent extent;
  for (const char* table : kTables) {
    extent.bytes += number(session, "SELECT pg_total_relation_size('" + std::string(table) + "')");
  }
  const std::uint64_t all = number(session, "SELECT pg_total_relation_size('detections')");
  const std::uint64_t rows_alone = number(session, "SELECT pg_table_size('detections')");
  extent.detections = count_detections(session);
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
