// SPDX-License-Identifier: Apache-2.0
#include "store/sql/detection_row.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "store/sql/json_columns.h"
#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

static_assert(std::endian::native == std::endian::little, "Blob columns hold little-endian floats");

std::int64_t fitting(std::uint64_t count) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(count, kMost));
}

std::optional<std::string> known(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return storable(text);
}

std::optional<float> known(float number) {
  if (std::isnan(number)) return std::nullopt;
  return number;
}

std::optional<float> known(std::optional<float> number) { return number ? known(*number) : std::nullopt; }

Blob to_blob(const std::vector<float>& values) {
  Blob blob;
  blob.bytes.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(blob.bytes.data(), values.data(), blob.bytes.size());
  return blob;
}

void put_flow(const flow::FlowIdentity& flow, DetectionRow& row) {
  row.flow_uid = flow.uid;
  row.flow_id = flow_id(flow);
  row.community_id = community_id(flow);
  row.started_at = flow.started;
  row.last_seen_at = flow.last;
  row.ip_version = flow.ip_version;
  row.src_ip = flow.src_ip;
  row.src_port = flow.src_port;
  row.dst_ip = flow.dst_ip;
  row.dst_port = flow.dst_port;
  row.protocol = flow.protocol;
  row.vlan = flow.vlan;
  row.tunnel_id = flow.tunnel_id;
  row.packets = fitting(flow.packets);
  row.bytes = fitting(flow.bytes);
  row.end_reason = to_string(flow.end_reason);
}

void put_verdict(const scoring::Verdict& verdict, DetectionRow& row) {
  row.status = to_string(verdict.status);
  if (verdict.status == scoring::Status::unscored) {
    row.unscored_reason = known(std::string(to_string(verdict.unscored_reason)));
  } else {
    row.score = known(verdict.score);
  }
  row.margin = known(verdict.margin).value_or(0);
  row.p_value = known(verdict.p_value);
  row.attack_type = known(verdict.attack_type);
  row.confidence = known(verdict.confidence);
  row.explanation.text = explanation_json(verdict.reasons);
}

flow::FlowIdentity to_flow(const DetectionRow& row, flow::EndReason end_reason) {
  flow::FlowIdentity flow;
  flow.uid = row.flow_uid;
  flow.src_ip = row.src_ip;
  flow.dst_ip = row.dst_ip;
  flow.src_port = static_cast<std::uint16_t>(row.src_port);
  flow.dst_port = static_cast<std::uint16_t>(row.dst_port);
  flow.ip_version = static_cast<std::uint8_t>(row.ip_version);
  flow.protocol = static_cast<std::uint8_t>(row.protocol);
  flow.vlan = static_cast<std::uint16_t>(row.vlan);
  flow.tunnel_id = static_cast<std::uint32_t>(row.tunnel_id);
  flow.started = row.started_at;
  flow.last = row.last_seen_at;
  flow.packets = static_cast<std::uint64_t>(row.packets);
  flow.bytes = static_cast<std::uint64_t>(row.bytes);
  flow.end_reason = end_reason;
  return flow;
}

scoring::UnscoredReason to_unscored_reason(const std::optional<std::string>& text) {
  using enum scoring::UnscoredReason;
  for (const auto reason : {model_failed, output_not_finite, overload}) {
    if (text == to_string(reason)) return reason;
  }
  return none;
}

std::vector<float> to_floats(const Blob& blob) {
  std::vector<float> values(blob.bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), blob.bytes.data(), values.size() * sizeof(float));
  return values;
}

tl::unexpected<base::Error> damaged(const DetectionRow& row, const std::string& what) {
  return base::fail("detection " + row.flow_uid.to_string() + " is damaged in the store: " + what);
}

}  // namespace

DetectionRow to_row(const alerting::Detection& detection) {
  DetectionRow row;
  put_flow(detection.flow, row);
  put_verdict(detection.verdict, row);
  row.sensor = storable(detection.sensor);
  row.scored_at = detection.scored_at;
  row.alerted_at = detection.alerted_at;
  row.severity = to_string(detection.severity);
  row.technique = known(detection.technique);
  row.model_version = storable(detection.model_version);
  row.features = to_blob(detection.features);
  row.suppressed_by = known(detection.suppressed_by);
  row.incident_id = known(detection.incident_id);
  return row;
}

base::Result<alerting::Detection> to_detection(const DetectionRow& row) {
  const auto end_reason = flow::parse_end_reason(row.end_reason);
  if (!end_reason) return damaged(row, "end_reason '" + row.end_reason + "' is not known");
  const auto status = scoring::parse_status(row.status);
  if (!status) return damaged(row, "status '" + row.status + "' is not known");
  const auto severity = alerting::parse_severity(row.severity);
  if (!severity) return damaged(row, "severity '" + row.severity + "' is not known");
  auto reasons = reasons_from_json(row.explanation.text);
  if (!reasons) return damaged(row, reasons.error().message());

  alerting::Detection detection;
  detection.flow = to_flow(row, *end_reason);
  detection.sensor = row.sensor;
  detection.scored_at = row.scored_at;
  detection.alerted_at = row.alerted_at;
  detection.severity = *severity;
  detection.technique = row.technique.value_or("");
  detection.model_version = row.model_version;
  detection.features = to_floats(row.features);
  detection.suppressed_by = row.suppressed_by.value_or("");
  detection.incident_id = row.incident_id.value_or("");

  scoring::Verdict& verdict = detection.verdict;
  verdict.status = *status;
  verdict.unscored_reason = to_unscored_reason(row.unscored_reason);
  verdict.score = row.score.value_or(std::numeric_limits<float>::quiet_NaN());
  verdict.margin = row.margin;
  verdict.p_value = row.p_value;
  verdict.attack_type = row.attack_type.value_or("");
  verdict.confidence = row.confidence;
  verdict.reasons = std::move(*reasons);
  return detection;
}

}  // namespace weir::store::sql
