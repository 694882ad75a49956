// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/reading.h"

#include "store/postgres/columns.h"
#include "store/sql/counts.h"
#include "store/sql/json_columns.h"
#include "store/sql/throughput_statement.h"

namespace weir::store::postgres {

namespace {

template <class... Values>
void read_into(const pqxx::row& row, Values&... values) {
  ColumnReader read(row);
  (read(values), ...);
}

base::Result<alerting::Detection> detection_of(const pqxx::row& from) {
  sql::DetectionRow row;
  ColumnReader read(from);
  sql::visit_columns(row, [&read](const char*, sql::Follows, auto& value) { read(value); });
  return sql::to_detection(row);
}

}  // namespace

base::Result<std::vector<alerting::Detection>> read_detections(Connection& connection,
                                                               const sql::Statement& statement) {
  pqxx::nontransaction reading(connection.session());
  return read_detections(connection, reading, statement);
}

base::Result<std::vector<alerting::Detection>> read_detections(Connection& connection,
                                                               pqxx::transaction_base& transaction,
                                                               const sql::Statement& statement) {
  std::vector<alerting::Detection> all;
  for (const auto& row : connection.run(transaction, statement)) {
    auto one = detection_of(row);
    if (!one) return base::fail(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

DetectionCounts read_counts(Connection& connection) {
  DetectionCounts counts;
  std::string status, attack_type;
  std::uint64_t count = 0;
  pqxx::read_transaction reading(connection.session());
  for (const auto& row : connection.run(reading, sql::kCountByStatus)) {
    read_into(row, status, count);
    sql::add_status_count(status, count, counts);
  }
  for (const auto& row : connection.run(reading, sql::kCountByAttackType)) {
    read_into(row, attack_type, status, count);
    sql::add_attack_type_count(attack_type, status, count, counts);
  }
  for (const auto& row : connection.run(reading, sql::kCountSuppressed)) {
    std::optional<std::string> type;
    read_into(row, type, count);
    sql::take_out_suppressed(type.value_or(""), count, counts);
  }
  return counts;
}

base::Result<std::optional<ModelRecord>> read_model(Connection& connection, const std::string& version) {
  sql::Statement statement(sql::Dialect::postgres);
  statement.text = "SELECT version, trained_on, feature_names, medians, lows, highs, threshold, higher_is_worse, " +
                   selected_time("loaded_at") + " FROM models WHERE version = " + statement.place(version);
  pqxx::nontransaction reading(connection.session());
  const pqxx::result rows = connection.run(reading, statement);
  if (rows.empty()) return std::optional<ModelRecord>();
  ModelRecord model;
  std::string arrays[4];
  read_into(rows[0], model.version, model.trained_on, arrays[0], arrays[1], arrays[2], arrays[3], model.threshold,
            model.higher_is_worse, model.loaded_at);
  if (auto taken = sql::take_arrays(arrays, model); !taken) return base::fail(taken.error());
  return std::optional<ModelRecord>(std::move(model));
}

std::vector<ThroughputSample> read_throughput(Connection& connection, base::Timestamp from, base::Timestamp to,
                                              std::uint32_t max_points) {
  pqxx::read_transaction reading(connection.session());
  const pqxx::result found = connection.run(reading, sql::extent_statement(from, to, sql::Dialect::postgres));
  sql::ThroughputExtent extent;
  read_into(found[0], extent.samples, extent.sensors);
  if (extent.samples == 0) return {};
  read_into(found[0], extent.samples, extent.sensors, extent.first_us, extent.last_us);

  std::vector<ThroughputSample> samples;
  for (const auto& row :
       connection.run(reading, sql::throughput_statement(from, to, extent, max_points, sql::Dialect::postgres))) {
    ThroughputSample s;
    read_into(row, s.at, s.sensor, s.seconds, s.packets, s.bytes, s.flows_started, s.flows_open, s.rejected_packets,
              s.dropped_packets);
    samples.push_back(std::move(s));
  }
  return samples;
}

}  // namespace weir::store::postgres
