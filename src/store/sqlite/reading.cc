// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/reading.h"

#include "store/sql/counts.h"
#include "store/sql/json_columns.h"
#include "store/sql/throughput_statement.h"
#include "store/sql/upsert.h"
#include "store/sqlite/columns.h"

namespace weir::store::sqlite {

namespace {

// A running query. It is reset when it goes: an open read transaction would keep the log from being truncated.
class Rows {
 public:
  Rows(Connection& connection, const sql::Statement& statement) : statement_(connection.prepared(statement.text)) {
    Binder bind(statement_);
    for (const auto& parameter : statement.parameters()) std::visit(bind, parameter);
  }
  Rows(Connection& connection, const std::string& sql) : statement_(connection.prepared(sql)) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_.tryReset(); }

  bool next() { return statement_.executeStep(); }
  ColumnReader columns() { return ColumnReader(statement_); }

 private:
  SQLite::Statement& statement_;
};

template <class... Values>
void read_into(ColumnReader read, Values&... values) {
  (read(values), ...);
}

base::Result<alerting::Detection> detection_of(ColumnReader read) {
  sql::DetectionRow row;
  sql::visit_columns(row, [&read](const char*, sql::Follows, auto& value) { read(value); });
  if (!read.ok()) {
    return base::fail("detection " + row.flow_uid.to_string() +
                      " is damaged in the store: its uid or an address is none");
  }
  return sql::to_detection(row);
}

}  // namespace

base::Result<std::vector<alerting::Detection>> read_detections(Connection& connection,
                                                               const sql::Statement& statement) {
  std::vector<alerting::Detection> all;
  Rows rows(connection, statement);
  while (rows.next()) {
    auto one = detection_of(rows.columns());
    if (!one) return base::fail(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

DetectionCounts read_counts(Connection& connection) {
  DetectionCounts counts;
  std::string status, attack_type;
  std::uint64_t count = 0;
  Rows by_status(connection, sql::kCountByStatus);
  while (by_status.next()) {
    read_into(by_status.columns(), status, count);
    sql::add_status_count(status, count, counts);
  }
  Rows by_type(connection, sql::kCountByAttackType);
  while (by_type.next()) {
    read_into(by_type.columns(), attack_type, status, count);
    sql::add_attack_type_count(attack_type, status, count, counts);
  }
  Rows suppressed(connection, sql::kCountSuppressed);
  while (suppressed.next()) {
    std::optional<std::string> type;
    read_into(suppressed.columns(), type, count);
    sql::take_out_suppressed(type.value_or(""), count, counts);
  }
  return counts;
}

base::Result<std::optional<ModelRecord>> read_model(Connection& connection, const std::string& version) {
  sql::Statement statement(sql::Dialect::sqlite);
  statement.text =
      "SELECT " + sql::joined(sql::model_columns()) + " FROM models WHERE version = " + statement.place(version);
  Rows rows(connection, statement);
  if (!rows.next()) return std::optional<ModelRecord>();
  ModelRecord model;
  std::string arrays[4];
  read_into(rows.columns(), model.version, model.trained_on, arrays[0], arrays[1], arrays[2], arrays[3],
            model.threshold, model.higher_is_worse, model.loaded_at);
  if (auto taken = sql::take_arrays(arrays, model); !taken) return base::fail(taken.error());
  return std::optional<ModelRecord>(std::move(model));
}

std::vector<ThroughputSample> read_throughput(Connection& connection, base::Timestamp from, base::Timestamp to,
                                              std::uint32_t max_points) {
  sql::ThroughputExtent extent;
  {
    Rows rows(connection, sql::extent_statement(from, to, sql::Dialect::sqlite));
    rows.next();
    read_into(rows.columns(), extent.samples, extent.sensors, extent.first_us, extent.last_us);
  }
  std::vector<ThroughputSample> samples;
  Rows rows(connection, sql::throughput_statement(from, to, extent, max_points, sql::Dialect::sqlite));
  while (rows.next()) {
    ThroughputSample s;
    read_into(rows.columns(), s.at, s.sensor, s.seconds, s.packets, s.bytes, s.flows_started, s.flows_open,
              s.rejected_packets, s.dropped_packets);
    samples.push_back(std::move(s));
  }
  return samples;
}

}  // namespace weir::store::sqlite
