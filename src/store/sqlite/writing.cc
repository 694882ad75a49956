// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writing.h"

#include "store/sql/detection_row.h"
#include "store/sql/json_columns.h"
#include "store/sql/statement.h"
#include "store/sql/text.h"
#include "store/sql/upsert.h"
#include "store/sqlite/columns.h"

namespace weir::store::sqlite {

namespace {

std::string placeholders(const std::vector<std::string>& columns) {
  return "VALUES (" + sql::joined(std::vector<std::string>(columns.size(), "?")) + ")";
}

}  // namespace

void put(Connection& connection, const alerting::Detection& detection) {
  static const std::string upsert = sql::upsert_detections(placeholders(sql::detection_columns()));
  SQLite::Statement& statement = connection.prepared(upsert);
  Binder bind(statement);
  const sql::DetectionRow row = sql::to_row(detection);
  sql::visit_columns(row, [&bind](const char*, sql::Follows, const auto& value) { bind(value); });
  statement.exec();
}

void put(Connection& connection, const ThroughputSample& sample) {
  static const std::string upsert = sql::upsert_throughput(placeholders(sql::throughput_columns()));
  SQLite::Statement& statement = connection.prepared(upsert);
  Binder bind(statement);
  bind(sample.at);
  bind(sql::storable(sample.sensor));
  bind(sample.seconds);
  for (const std::uint64_t count : {sample.packets, sample.bytes, sample.flows_started, sample.flows_open,
                                    sample.rejected_packets, sample.dropped_packets}) {
    bind(static_cast<std::int64_t>(count));
  }
  statement.exec();
}

void put(Connection& connection, const ModelRecord& model) {
  static const std::string upsert = sql::upsert_model(placeholders(sql::model_columns()));
  SQLite::Statement& statement = connection.prepared(upsert);
  Binder bind(statement);
  bind(sql::storable(model.version));
  bind(sql::storable(model.trained_on));
  bind(sql::names_json(model.feature_names));
  for (const auto* numbers : {&model.medians, &model.lows, &model.highs}) bind(sql::numbers_json(*numbers));
  bind(model.threshold);
  bind(model.higher_is_worse);
  bind(model.loaded_at);
  statement.exec();
}

}  // namespace weir::store::sqlite
