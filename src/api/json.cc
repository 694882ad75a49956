// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"

#include <charconv>
#include <cmath>
#include <cstddef>

#include "api/json_values.h"
#include "base/rfc3339.h"
#include "features/catalogue.h"
#include "features/schema.h"
#include "scoring/sentences.h"

namespace weir::api {

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json number(float value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value);
  double shortest = 0;
  std::from_chars(text, written.ptr, shortest);
  return shortest;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(std::optional<float> value) { return value ? number(*value) : Json(nullptr); }
Json time(base::Timestamp value) { return base::format_time(value); }
Json time(std::optional<base::Timestamp> value) { return value ? time(*value) : Json(nullptr); }
Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

namespace {

Json counts(const NamedCounts& named) {
  Json object = Json::object();
  for (const auto& [name, count] : named) object[name] = count;
  return object;
}

// The score of a row that has none would be read as one.
Json score(const scoring::Verdict& verdict, float value) {
  return verdict.status == scoring::Status::unscored ? Json(nullptr) : number(value);
}

Json unit_of(std::string_view feature) {
  const std::size_t index = features::find_feature(feature);
  return index < features::kFeatureCount ? Json(features::kFeatures[index].unit) : Json(nullptr);
}

void put_flow(Json& json, const flow::FlowIdentity& flow) {
  json["ip_version"] = flow.ip_version;
  json["src_ip"] = flow.src_ip.to_string();
  json["src_port"] = flow.src_port;
  json["dst_ip"] = flow.dst_ip.to_string();
  json["dst_port"] = flow.dst_port;
  json["protocol"] = flow::protocol_name(flow.protocol);
  json["protocol_number"] = flow.protocol;
  json["vlan"] = flow.vlan == decode::kNoVlan ? Json(nullptr) : Json(flow.vlan);
  json["tunnel_id"] = flow.tunnel_id == 0 ? Json(nullptr) : Json(flow.tunnel_id);
  json["started_at"] = time(flow.started);
  json["last_seen_at"] = time(flow.last);
  json["packets"] = flow.packets;
  json["bytes"] = flow.bytes;
  json["end_reason"] = flow::to_string(flow.end_reason);
}

void put_verdict(Json& json, const scoring::Verdict& verdict) {
  const bool unscored = verdict.status == scoring::Status::unscored;
  json["status"] = scoring::to_string(verdict.status);
  json["unscored_reason"] = unscored ? Json(scoring::to_string(verdict.unscored_reason)) : Json(nullptr);
  json["score"] = score(verdict, verdict.score);
  json["margin"] = score(verdict, verdict.margin);
  json["p_value"] = number(verdict.p_value);
  json["attack_type"] = text_or_null(verdict.attack_type);
  json["confidence"] = number(verdict.confidence);
}

Json log_entry(const alerting::Detection& detection) {
  const flow::FlowIdentity& flow = detection.flow;
  const scoring::Verdict& verdict = detection.verdict;
  Json json;
  json["flow_uid"] = flow.uid.to_string();
  json["flow_id"] = flow::flow_id(flow);
  json["timestamp"] = time(flow.last);
  json["status"] = scoring::to_string(verdict.status);
  json["score"] = score(verdict, verdict.score);
  json["attack_type"] = text_or_null(verdict.attack_type);
  json["confidence"] = number(verdict.confidence);
  json["severity"] = alerting::to_string(detection.severity);
  json["technique"] = text_or_null(detection.technique);
  json["src_ip"] = flow.src_ip.to_string();
  json["src_port"] = flow.src_port;
  json["dst_ip"] = flow.dst_ip.to_string();
  json["dst_port"] = flow.dst_port;
  json["protocol"] = flow::protocol_name(flow.protocol);
  json["packets"] = flow.packets;
  json["bytes"] = flow.bytes;
  json["sensor"] = detection.sensor;
  json["model_version"] = detection.model_version;
  return json;
}

Json reasons(const std::vector<scoring::Reason>& reasons) {
  Json array = Json::array();
  for (const scoring::Reason& reason : reasons) {
    array.push_back({{"feature", reason.feature},
                     {"unit", unit_of(reason.feature)},
                     {"value", number(reason.value)},
                     {"median", number(reason.median)},
                     {"low", number(reason.low)},
                     {"high", number(reason.high)},
                     {"contribution", number(reason.contribution)},
                     {"sentence", scoring::sentence(reason)}});
  }
  return array;
}

Json feature_values(const alerting::Detection& detection, const store::ModelRecord& model) {
  const auto at = [](const std::vector<float>& values, std::size_t i) {
    return i < values.size() ? number(values[i]) : Json(nullptr);
  };
  Json array = Json::array();
  for (std::size_t i = 0; i < model.feature_names.size() && i < detection.features.size(); ++i) {
    array.push_back({{"name", model.feature_names[i]},
                     {"unit", unit_of(model.feature_names[i])},
                     {"value", at(detection.features, i)},
                     {"median", at(model.medians, i)},
                     {"low", at(model.lows, i)},
                     {"high", at(model.highs, i)}});
  }
  return array;
}

Json model_object(const store::ModelRecord& model) {
  return {{"version", model.version},
          {"trained_on", model.trained_on},
          {"threshold", number(model.threshold)},
          {"higher_is_worse", model.higher_is_worse},
          {"loaded_at", time(model.loaded_at)}};
}

Json throughput_object(const store::ThroughputSample& sample) {
  return {{"at", time(sample.at)},
          {"sensor", sample.sensor},
          {"seconds", number(sample.seconds)},
          {"packets", sample.packets},
          {"bytes", sample.bytes},
          {"flows_started", sample.flows_started},
          {"flows_open", sample.flows_open},
          {"rejected_packets", sample.rejected_packets},
          {"dropped_packets", sample.dropped_packets}};
}

Json adaptation_or_null(const std::optional<AdaptationStatus>& adaptation) {
  if (!adaptation) return nullptr;
  return {{"base_threshold", number(adaptation->base_threshold)},
          {"changed_at", time(adaptation->changed_at)},
          {"changes", adaptation->changes},
          {"frozen", adaptation->frozen},
          {"calm_hours", number(adaptation->calm_hours)},
          {"sentence", adaptation->sentence}};
}

Json sink_object(const SinkStatus& sink) {
  Json json;
  json["name"] = sink.name;
  json["receiver"] = sink.receiver;
  json["ok"] = sink.ok;
  json["last_error"] = text_or_null(sink.last_error);
  json["told"] = sink.told;
  json["sent"] = sink.sent;
  json["waiting"] = sink.waiting;
  json["refused"] = sink.refused;
  json["dropped"] = sink.dropped;
  json["lost"] = sink.lost;
  json["waiting_of_earlier"] = sink.waiting_of_earlier;
  json["spool_bytes"] = sink.spool_bytes;
  return json;
}

Json loss_object(const LossAccount& loss) {
  Json json;
  json["balanced"] = loss.balanced;
  json["packets"] = {{"seen", loss.packets_seen},
                     {"in_flows", loss.packets_in_flows},
                     {"rejected", counts(loss.packets_rejected)},
                     {"kernel_drops", loss.kernel_drops},
                     {"interface_drops", loss.interface_drops}};
  json["flows"] = {{"started", loss.flows_started},
                   {"taken_up", loss.flows_taken_up},
                   {"ended", loss.flows_ended},
                   {"open", loss.flows_open}};
  json["rows"] = {{"total", loss.rows},
                  {"scored", loss.rows_scored},
                  {"repeated", loss.rows_repeated},
                  {"coalesced", loss.rows_coalesced},
                  {"queued", loss.rows_queued},
                  {"unscored", counts(loss.rows_unscored)}};
  json["detections"] = {{"total", loss.detections},           {"stored", loss.detections_stored},
                        {"spooled", loss.detections_spooled}, {"queued", loss.detections_queued},
                        {"lost", loss.detections_lost},       {"spooled_by_earlier_runs", loss.detections_of_earlier}};
  return json;
}

}  // namespace

Json detection_object(const alerting::Detection& detection) {
  Json json;
  json["flow_uid"] = detection.flow.uid.to_string();
  json["flow_id"] = flow::flow_id(detection.flow);
  json["community_id"] = flow::community_id(detection.flow);
  json["sensor"] = detection.sensor;
  put_flow(json, detection.flow);
  json["alerted_at"] = time(detection.alerted_at);
  json["scored_at"] = time(detection.scored_at);
  put_verdict(json, detection.verdict);
  json["severity"] = alerting::to_string(detection.severity);
  json["technique"] = text_or_null(detection.technique);
  json["model_version"] = detection.model_version;
  json["incident_id"] = text_or_null(detection.incident_id);
  json["suppressed_by"] = text_or_null(detection.suppressed_by);
  return json;
}

std::string detection_json(const alerting::Detection& detection) { return dump(detection_object(detection)); }

std::string detection_detail_json(const alerting::Detection& detection,
                                  const std::optional<store::ModelRecord>& model) {
  Json json = detection_object(detection);
  json["reasons"] = reasons(detection.verdict.reasons);
  json["features"] = model ? feature_values(detection, *model) : Json::array();
  json["model"] = model ? model_object(*model) : Json(nullptr);
  return dump(json);
}

std::string detection_page_json(const store::DetectionPage& page) {
  Json items = Json::array();
  for (const alerting::Detection& detection : page.detections) items.push_back(detection_object(detection));
  return dump({{"items", std::move(items)}, {"next_cursor", text_or_null(page.next_cursor)}});
}

std::string log_json(std::span<const alerting::Detection> detections) {
  Json entries = Json::array();
  for (const alerting::Detection& detection : detections) entries.push_back(log_entry(detection));
  return dump(entries);
}

std::string summary_json(const store::DetectionCounts& counts) {
  Json types = Json::array();
  for (const auto& [type, count] : counts.by_attack_type) types.push_back({{"attack_type", type}, {"count", count}});
  Json json;
  json["total"] = counts.total;
  json["by_status"] = {{"anomaly", counts.anomaly}, {"unscored", counts.unscored}, {"normal", counts.normal}};
  json["suppressed"] = counts.suppressed;
  json["by_attack_type"] = std::move(types);
  return dump(json);
}

std::string throughput_point_json(const store::ThroughputSample& sample) { return dump(throughput_object(sample)); }

std::string throughput_json(std::span<const store::ThroughputSample> samples) {
  Json points = Json::array();
  for (const store::ThroughputSample& sample : samples) points.push_back(throughput_object(sample));
  Json json;
  json["points"] = std::move(points);
  return dump(json);
}

namespace {

Json checkpoint_object(const CheckpointAccount& checkpoint) {
  return {{"taken", checkpoint.taken},
          {"last_at", time(checkpoint.last_at)},
          {"flows", checkpoint.flows},
          {"bytes", checkpoint.bytes},
          {"seconds", number(checkpoint.seconds)},
          {"longest_pause_s", number(checkpoint.longest_pause_s)}};
}

}  // namespace

std::string status_json(const StatusSnapshot& status, base::Timestamp now) {
  Json json;
  json["version"] = status.version;
  json["sensor"] = status.sensor;
  json["source"] = status.source;
  json["live"] = status.live;
  json["state"] = status.state;
  json["problem"] = status.problem ? Json(*status.problem) : Json(nullptr);
  json["now"] = time(now);
  json["uptime_s"] = number(status.uptime_s);
  json["packet_time"] = time(status.packet_time);
  json["progress"] = status.progress < 0 ? Json(nullptr) : number(status.progress);
  json["loss"] = loss_object(status.loss);
  const std::uint64_t packets = status.loss.packets_seen;
  json["capture"] = {
      {"cpu_s", number(status.capture_cpu_s)},
      {"cpu_ns_per_packet",
       packets == 0 ? Json(nullptr) : number(status.capture_cpu_s * 1e9 / static_cast<double>(packets))}};
  json["scoring"] = {{"lag_s", number(status.scoring_lag_s)},
                     {"rows_per_s_capacity", number(status.rows_per_s_capacity)}};
  json["model"] = {{"version", status.model_version},
                   {"trained_on", status.model_trained_on},
                   {"threshold", number(status.threshold)},
                   {"calibration", status.calibration},
                   {"adaptation", adaptation_or_null(status.adaptation)}};
  json["store"] = {{"name", status.store},
                   {"ok", status.store_ok},
                   {"bytes", status.store_bytes ? Json(*status.store_bytes) : Json(nullptr)},
                   {"oldest", time(status.store_oldest)},
                   {"dropped_by_age", status.dropped_by_age},
                   {"dropped_by_size", status.dropped_by_size},
                   {"upkeep_problem", status.upkeep_problem ? Json(*status.upkeep_problem) : Json(nullptr)}};
  json["checkpoint"] = status.checkpoint ? checkpoint_object(*status.checkpoint) : Json(nullptr);
  json["rss_bytes"] = status.rss_bytes;
  json["sinks"] = Json::array();
  for (const SinkStatus& sink : status.sinks) json["sinks"].push_back(sink_object(sink));
  return dump(json);
}

std::string feature_catalogue_json() {
  Json items = Json::array();
  for (const features::FeatureSpec& feature : features::kFeatures) {
    items.push_back({{"name", feature.name},
                     {"family", features::to_string(feature.family)},
                     {"unit", feature.unit},
                     {"meaning", feature.meaning},
                     {"formula", feature.formula},
                     {"cic_alias", text_or_null(feature.cic_alias)},
                     {"model_input", feature.is_model_input()}});
  }
  Json json;
  json["items"] = std::move(items);
  return dump(json);
}

std::string health_json(std::string_view version) { return dump({{"status", "ok"}, {"version", version}}); }

std::string problem_json(int status, std::string_view title, std::string_view detail) {
  return dump({{"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
}

std::string reason_json(std::string_view reason) {
  Json json;
  json["reason"] = reason;
  return dump(json);
}

}  // namespace weir::api
