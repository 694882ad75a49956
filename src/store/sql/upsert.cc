// SPDX-License-Identifier: Apache-2.0
#include "store/sql/upsert.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "store/sql/detection_row.h"
#include "store/sql/statement.h"

namespace weir::store::sql {

namespace {

struct Column {
  std::string name;
  Follows follows;
};

std::vector<Column> columns() {
  std::vector<Column> list;
  const DetectionRow row;
  visit_columns(row, [&list](const char* name, Follows follows, const auto&) { list.push_back({name, follows}); });
  WEIR_CHECK(list.size() == kDetectionColumns);
  return list;
}

// The order of scoring::Status and of flow::EndReason, for columns that hold their names.
std::string status_rank(const std::string& row) {
  return fmt::format("CASE {}.status WHEN 'anomaly' THEN 2 WHEN 'unscored' THEN 1 ELSE 0 END", row);
}

std::string end_rank(const std::string& row) {
  std::string text = fmt::format("CASE {}.end_reason", row);
  for (int i = 0; i <= static_cast<int>(flow::EndReason::evicted); ++i) {
    text += fmt::format(" WHEN '{}' THEN {}", to_string(static_cast<flow::EndReason>(i)), i);
  }
  return text + " END";
}

std::string newness(const std::string& row) {
  return fmt::format("({0}.last_seen_at, {0}.packets, {0}.bytes, {1})", row, end_rank(row));
}

// `earlier` is the other row: between equals, the verdict that was given first is the worse one.
std::string badness(const std::string& row, const std::string& earlier) {
  return fmt::format("({1}, {0}.margin, coalesce({0}.confidence, -1), coalesce({0}.attack_type, ''), {2}.scored_at)",
                     row, status_rank(row), earlier);
}

const std::string kNewer = newness("excluded") + " > " + newness("kept");
const std::string kWorse = badness("excluded", "kept") + " > " + badness("kept", "excluded");
// Not true when excluded.alerted_at is NULL.
const std::string kAlertedEarlier =
    "excluded.alerted_at < kept.alerted_at OR (kept.alerted_at IS NULL AND excluded.alerted_at IS NOT NULL)";

std::string assignment(const std::string& name, const std::string& when) {
  return fmt::format("{0} = CASE WHEN {1} THEN excluded.{0} ELSE kept.{0} END", name, when);
}

std::string insert(const std::string& table, const std::vector<std::string>& names, const std::string& source,
                   const std::string& key) {
  return fmt::format("INSERT INTO {} AS kept ({}) {} ON CONFLICT ({}) DO UPDATE SET ", table, joined(names), source,
                     key);
}

}  // namespace

const std::vector<std::string>& detection_columns() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Column& column : columns()) list.push_back(column.name);
    return list;
  }();
  return names;
}

const std::vector<std::string>& throughput_columns() {
  static const std::vector<std::string> names = {
      "at",         "sensor",           "seconds",        "packets", "bytes", "flows_started",
      "flows_open", "rejected_packets", "dropped_packets"};
  return names;
}

const std::vector<std::string>& model_columns() {
  static const std::vector<std::string> names = {"version", "trained_on", "feature_names",   "medians",  "lows",
                                                 "highs",   "threshold",  "higher_is_worse", "loaded_at"};
  return names;
}

std::string upsert_detections(const std::string& source) {
  std::vector<std::string> assignments;
  for (const auto& [name, follows] : columns()) {
    if (follows == Follows::newest) assignments.push_back(assignment(name, kNewer));
    if (follows == Follows::worst) assignments.push_back(assignment(name, kWorse));
    if (follows == Follows::earliest) assignments.push_back(assignment(name, kAlertedEarlier));
    if (follows == Follows::latest) assignments.push_back(fmt::format("{0} = excluded.{0}", name));
  }
  return insert("detections", detection_columns(), source, "flow_uid") + joined(assignments) +
         fmt::format(" WHERE {} OR {} OR {} OR excluded.incident_id IS DISTINCT FROM kept.incident_id", kNewer, kWorse,
                     kAlertedEarlier);
}

std::string upsert_throughput(const std::string& source) {
  std::vector<std::string> assignments;
  for (const std::string& name : throughput_columns()) {
    if (name != "at" && name != "sensor") {
      assignments.push_back(assignment(name, fmt::format("excluded.{0} > kept.{0}", name)));
    }
  }
  return insert("throughput", throughput_columns(), source, "at, sensor") + joined(assignments);
}

std::string upsert_model(const std::string& source) {
  std::vector<std::string> assignments;
  for (const std::string& name : model_columns()) {
    if (name != "version") assignments.push_back(fmt::format("{0} = excluded.{0}", name));
  }
  return insert("models", model_columns(), source, "version") + joined(assignments);
}

}  // namespace weir::store::sql
