// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/writing.h"

#include <algorithm>
#include <limits>

#include "store/postgres/copy_row.h"
#include "store/sql/json_columns.h"
#include "store/sql/text.h"
#include "store/sql/upsert.h"

namespace weir::store::postgres {

namespace {

void copy(pqxx::transaction_base& transaction, const char* table,
          const std::vector<const alerting::Detection*>& detections) {
  if (detections.empty()) return;
  pqxx::stream_to stream(transaction, table, sql::detection_columns());
  CopyRow row;
  for (const alerting::Detection* detection : detections) stream << row.of(*detection);
  stream.complete();
}

sql::Parameter count(std::uint64_t number) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(number, kMost));
}

std::string values_clause(sql::Statement& statement, std::initializer_list<sql::Parameter> values) {
  std::vector<std::string> places;
  for (const sql::Parameter& value : values) places.push_back(statement.place(value));
  return "VALUES (" + sql::joined(places) + ")";
}

}  // namespace

void put(Connection& connection, pqxx::transaction_base& transaction,
         const std::vector<alerting::Detection>& detections,
         const std::function<bool(const alerting::Detection&)>& is_stored) {
  std::vector<const alerting::Detection*> fresh, known;
  for (const alerting::Detection& detection : detections) {
    (is_stored(detection) ? known : fresh).push_back(&detection);
  }
  copy(transaction, "detections", fresh);
  if (known.empty()) return;
  // Sorted, so that two writers lock rows in the same order and never wait for each other in a circle.
  static const std::string merge = sql::upsert_detections("SELECT " + sql::joined(sql::detection_columns()) +
                                                          " FROM weir_incoming ORDER BY flow_uid");
  connection.need_incoming(transaction);
  copy(transaction, "weir_incoming", known);
  connection.run(transaction, merge);
}

void put(Connection& connection, pqxx::transaction_base& transaction, const ThroughputSample& s) {
  sql::Statement statement(sql::Dialect::postgres);
  statement.text = sql::upsert_throughput(values_clause(
      statement, {s.at, sql::storable(s.sensor), s.seconds, count(s.packets), count(s.bytes), count(s.flows_started),
                  count(s.flows_open), count(s.rejected_packets), count(s.dropped_packets)}));
  connection.run(transaction, statement);
}

void put(Connection& connection, pqxx::transaction_base& transaction, const ModelRecord& m) {
  sql::Statement statement(sql::Dialect::postgres);
  statement.text = sql::upsert_model(values_clause(
      statement, {sql::storable(m.version), sql::storable(m.trained_on), sql::Json{sql::names_json(m.feature_names)},
                  sql::Json{sql::numbers_json(m.medians)}, sql::Json{sql::numbers_json(m.lows)},
                  sql::Json{sql::numbers_json(m.highs)}, m.threshold, m.higher_is_worse, m.loaded_at}));
  connection.run(transaction, statement);
}

}  // namespace weir::store::postgres
