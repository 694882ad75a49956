// SPDX-License-Identifier: Apache-2.0
#include "sinks/eve_event.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/rfc3339.h"

namespace weir::sinks {

namespace {

using Json = nlohmann::ordered_json;

// The range of local rules begins at one million; these are far from anybody's.
constexpr std::uint32_t kFirstSignature = 9'000'000, kSignatures = 900'000;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// "2026-01-31T08:15:30.000125+0000"
std::string time(base::Timestamp at) {
  std::string text = base::format_time(base::with_four_digit_year(at));
  text.pop_back();
  return text + "+0000";
}

std::uint64_t flow_number(const flow::FlowUid& uid) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 7; ++i) number = number << 8 | static_cast<std::uint64_t>(uid.bytes[i]);
  return number >> 3;
}

std::string protocol(std::uint8_t number) {
  std::string name = flow::protocol_name(number);
  if (name == "icmp6") return "IPv6-ICMP";
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

bool is_icmp(const flow::FlowIdentity& flow) { return flow.protocol == 1 || flow.protocol == 58; }

Json event(const alerting::Detection& detection, base::Timestamp at, std::string_view type) {
  const flow::FlowIdentity& flow = detection.flow;
  Json json;
  json["timestamp"] = time(at);
  json["flow_id"] = flow_number(flow.uid);
  json["event_type"] = type;
  if (flow.vlan != decode::kNoVlan) json["vlan"] = Json::array({flow.vlan});
  json["src_ip"] = flow.src_ip.to_string();
  if (!is_icmp(flow)) json["src_port"] = flow.src_port;
  json["dest_ip"] = flow.dst_ip.to_string();
  if (!is_icmp(flow)) json["dest_port"] = flow.dst_port;
  json["proto"] = protocol(flow.protocol);
  if (is_icmp(flow)) {
    json["icmp_type"] = flow.icmp_type;
    json["icmp_code"] = flow.icmp_code;
  }
  json["community_id"] = flow::community_id(flow);
  json["host"] = detection.sensor;
  return json;
}

Json number(float value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json own_facts(const alerting::Detection& detection) {
  const scoring::Verdict& verdict = detection.verdict;
  Json json;
  json["flow_uid"] = detection.flow.uid.to_string();
  json["attack_type"] = verdict.attack_type;
  json["severity"] = alerting::to_string(detection.severity);
  json["score"] = number(verdict.score);
  json["margin"] = number(verdict.margin);
  json["confidence"] = verdict.confidence ? number(*verdict.confidence) : Json(nullptr);
  json["packets"] = detection.flow.packets;
  json["bytes"] = detection.flow.bytes;
  json["model"] = detection.model_version;
  return json;
}

std::uint32_t signature_id(std::string_view attack_type) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : attack_type) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return kFirstSignature + hash % kSignatures;
}

// Suricata's priorities: 1 is the worst.
int priority(alerting::Severity severity) {
  switch (severity) {
    case alerting::Severity::critical:
    case alerting::Severity::high: return 1;
    case alerting::Severity::medium: return 2;
    default: return 3;
  }
}

Json traffic(const flow::FlowIdentity& flow) {
  Json json;
  json["pkts_toserver"] = flow.packets - std::min(flow.packets, flow.packets_back);
  json["pkts_toclient"] = flow.packets_back;
  json["bytes_toserver"] = flow.bytes - std::min(flow.bytes, flow.bytes_back);
  json["bytes_toclient"] = flow.bytes_back;
  json["start"] = time(flow.started);
  return json;
}

// Suricata's words: why it ended, and in which state it was then.
std::string_view end_reason(flow::EndReason reason) {
  switch (reason) {
    case flow::EndReason::forced: return "shutdown";
    case flow::EndReason::active_timeout:
    case flow::EndReason::evicted: return "forced";
    default: return "timeout";
  }
}

std::string_view end_state(const flow::FlowIdentity& flow) {
  if (flow.end_reason == flow::EndReason::end_of_flow) return "closed";
  return flow.packets_back > 0 ? "established" : "new";
}

Json by_name(const SensorStats::Counts& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

std::uint64_t sum(const SensorStats::Counts& counts) {
  std::uint64_t all = 0;
  for (const auto& [name, count] : counts) all += count;
  return all;
}

}  // namespace

std::string eve_alert(const alerting::Detection& detection) {
  const std::string type(type_of(detection));
  Json json = event(detection, detection.alerted_at.value_or(detection.flow.last), "alert");
  Json metadata = Json::object();
  if (!detection.technique.empty()) metadata["mitre_technique_id"] = Json::array({detection.technique});
  json["alert"] = {{"action", "allowed"},
                   {"gid", 1},
                   {"signature_id", signature_id(type)},
                   {"rev", 1},
                   {"signature", "WEIR " + type},
                   {"category", type == "unknown" ? "Unusual traffic" : "Attack: " + type},
                   {"severity", priority(detection.severity)},
                   {"metadata", std::move(metadata)}};
  json["flow"] = traffic(detection.flow);
  json["weir"] = own_facts(detection);
  return dump(json);
}

std::string eve_anomaly(const alerting::Detection& detection) {
  Json json = event(detection, detection.alerted_at.value_or(detection.flow.last), "anomaly");
  json["anomaly"] = {{"type", "flow"}, {"event", "unusual_traffic"}};
  json["flow"] = traffic(detection.flow);
  json["weir"] = own_facts(detection);
  return dump(json);
}

std::string eve_flow(const alerting::Detection& detection) {
  const flow::FlowIdentity& flow = detection.flow;
  Json json = event(detection, flow.last, "flow");
  Json traffic_and_end = traffic(flow);
  traffic_and_end["end"] = time(flow.last);
  traffic_and_end["age"] = std::chrono::floor<std::chrono::seconds>(flow.last - flow.started).count();
  traffic_and_end["state"] = end_state(flow);
  traffic_and_end["reason"] = end_reason(flow.end_reason);
  traffic_and_end["alerted"] = detection.verdict.status == scoring::Status::anomaly;
  json["flow"] = std::move(traffic_and_end);
  json["weir"] = {{"flow_uid", flow.uid.to_string()},
                  {"connection_uid", flow.connection_uid.to_string()},
                  {"end_reason", flow::to_string(flow.end_reason)},
                  {"status", scoring::to_string(detection.verdict.status)}};
  return dump(json);
}

std::string eve_stats(const SensorStats& stats) {
  Json json;
  json["timestamp"] = time(stats.at);
  json["event_type"] = "stats";
  json["host"] = stats.sensor;
  json["stats"] = {{"uptime", static_cast<std::uint64_t>(stats.uptime_s)},
                   {"capture",
                    {{"kernel_packets", stats.packets + stats.kernel_drops},
                     {"kernel_drops", stats.kernel_drops},
                     {"kernel_ifdrops", stats.interface_drops}}},
                   {"decoder", {{"pkts", stats.packets}, {"invalid", sum(stats.packets_rejected)}}},
                   {"flow", {{"total", stats.flows_started}, {"active", stats.flows_open}}},
                   {"detect", {{"alert", stats.detections}}}};
  json["weir"] = {{"packets_rejected", by_name(stats.packets_rejected)},
                  {"flows_ended", stats.flows_ended},
                  {"rows", stats.rows},
                  {"rows_scored", stats.rows_scored},
                  {"rows_unscored", by_name(stats.rows_unscored)},
                  {"detections", stats.detections},
                  {"detections_stored", stats.detections_stored},
                  {"detections_waiting", stats.detections_waiting},
                  {"detections_lost", stats.detections_lost},
                  {"memory_bytes", stats.memory_bytes},
                  {"balanced", stats.balanced}};
  return dump(json);
}

std::string eve_event(const Event& event, bool apart) {
  if (const auto* stats = std::get_if<SensorStats>(&event.what)) return eve_stats(*stats);
  const auto& detection = std::get<alerting::Detection>(event.what);
  if (event.kind == EventKind::flow) return eve_flow(detection);
  return apart && detection.verdict.attack_type.empty() ? eve_anomaly(detection) : eve_alert(detection);
}

}  // namespace weir::sinks
