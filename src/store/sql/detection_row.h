// SPDX-License-Identifier: Apache-2.0
// DetectionRow: a detection as the columns of table `detections`, in the one order that both databases share.
//
// visit_columns() is the only list of those columns: statements, bindings, COPY lines and reading back are all made from
// it, so that a new column is one line here and one migration. An adapter says, by overloads, how each type looks in its
// database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "alerting/detection.h"
#include "base/result.h"
#include "store/sql/values.h"

namespace weir::store::sql {

// Whose value a column takes when a flow is written again: alerting::merge() in terms of columns.
enum class Follows : std::uint8_t {
  key,
  first,     // the row that is there already
  newest,    // facts of the flow
  worst,     // the verdict and all that explains it
  earliest,  // the smaller one that is not NULL
  latest,    // what was written last
};

struct DetectionRow {
  flow::FlowUid flow_uid;
  std::string flow_id, community_id, sensor;
  base::Timestamp started_at, last_seen_at, scored_at;
  std::optional<base::Timestamp> alerted_at;
  base::IpAddress src_ip, dst_ip;
  std::int64_t ip_version = 0, src_port = 0, dst_port = 0, protocol = 0, vlan = 0, tunnel_id = 0;
  std::int64_t packets = 0, bytes = 0;
  std::string end_reason, status, severity, model_version;
  std::optional<std::string> unscored_reason, attack_type, technique, suppressed_by, incident_id;
  std::optional<float> score, p_value, confidence;
  float margin = 0;
  Json explanation;
  Blob features;
};

inline constexpr std::size_t kDetectionColumns = 33;

template <class Row, class Visitor>
void visit_columns(Row& row, Visitor&& visit) {
  visit("flow_uid", Follows::key, row.flow_uid);
  visit("flow_id", Follows::newest, row.flow_id);
  visit("community_id", Follows::newest, row.community_id);
  visit("sensor", Follows::first, row.sensor);
  visit("started_at", Follows::newest, row.started_at);
  visit("last_seen_at", Follows::newest, row.last_seen_at);
  visit("alerted_at", Follows::earliest, row.alerted_at);
  visit("scored_at", Follows::worst, row.scored_at);
  visit("ip_version", Follows::newest, row.ip_version);
  visit("src_ip", Follows::newest, row.src_ip);
  visit("src_port", Follows::newest, row.src_port);
  visit("dst_ip", Follows::newest, row.dst_ip);
  visit("dst_port", Follows::newest, row.dst_port);
  visit("protocol", Follows::newest, row.protocol);
  visit("vlan", Follows::newest, row.vlan);
  visit("tunnel_id", Follows::newest, row.tunnel_id);
  visit("packets", Follows::newest, row.packets);
  visit("bytes", Follows::newest, row.bytes);
  visit("end_reason", Follows::newest, row.end_reason);
  visit("status", Follows::worst, row.status);
  visit("unscored_reason", Follows::worst, row.unscored_reason);
  visit("score", Follows::worst, row.score);
  visit("margin", Follows::worst, row.margin);
  visit("p_value", Follows::worst, row.p_value);
  visit("attack_type", Follows::worst, row.attack_type);
  visit("confidence", Follows::worst, row.confidence);
  visit("severity", Follows::worst, row.severity);
  visit("technique", Follows::worst, row.technique);
  visit("explanation", Follows::worst, row.explanation);
  visit("model_version", Follows::worst, row.model_version);
  visit("features", Follows::worst, row.features);
  visit("suppressed_by", Follows::worst, row.suppressed_by);
  visit("incident_id", Follows::latest, row.incident_id);
}

// What a database cannot hold is made to fit: NUL and bytes that are not UTF-8 in text, counters beyond 2^63 - 1, a score
// that is not a number (NULL). One strange row must never keep a batch from being stored.
DetectionRow to_row(const alerting::Detection& detection);

// An error names the flow and the column that holds what weir never wrote.
base::Result<alerting::Detection> to_detection(const DetectionRow& row);

}  // namespace weir::store::sql
