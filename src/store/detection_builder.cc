// SPDX-License-Identifier: Apache-2.0
#include "store/detection_builder.h"

#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::store::test {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::uint64_t scattered(std::uint64_t n) {  // splitmix64
  n += 0x9E3779B97F4A7C15;
  n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9;
  n = (n ^ (n >> 27)) * 0x94D049BB133111EB;
  return n ^ (n >> 31);
}

template <class T>
std::string or_none(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "none";
}

std::string in_words(const flow::FlowIdentity& f) {
  return fmt::format("uid {} {} v{} vlan {} tunnel {} from {} to {} packets {} bytes {} end {}", f.uid.to_string(),
                     flow_id(f), f.ip_version, f.vlan, f.tunnel_id, base::to_us(f.started), base::to_us(f.last),
                     f.packets, f.bytes, to_string(f.end_reason));
}

std::string in_words(const scoring::Verdict& v) {
  std::string words =
      fmt::format("{} because '{}' score {} margin {} p {} type '{}' confidence {}", to_string(v.status),
                  to_string(v.unscored_reason), v.status == scoring::Status::unscored ? kNaN : v.score, v.margin,
                  or_none(v.p_value), v.attack_type, or_none(v.confidence));
  for (const scoring::Reason& r : v.reasons) {
    words += fmt::format("\n  {} {} of {} ({} to {}) {}", r.feature, r.value, r.median, r.low, r.high, r.contribution);
  }
  return words;
}

}  // namespace

flow::FlowUid uid_of(std::uint64_t n) {
  const std::uint64_t halves[2] = {scattered(n), n};
  flow::FlowUid uid;
  std::memcpy(uid.bytes.data(), halves, sizeof halves);
  return uid;
}

alerting::Detection detection_of(std::uint64_t n) {
  alerting::Detection d;
  d.flow.uid = uid_of(n);
  d.flow.src_ip = base::IpAddress::v4(0x0A000000u + static_cast<std::uint32_t>(n % 0xFFFFFF));
  d.flow.dst_ip = base::IpAddress::v4(0xC0000201u);
  d.flow.src_port = static_cast<std::uint16_t>(1024 + n % 60000);
  d.flow.dst_port = 443;
  d.flow.protocol = 6;
  d.flow.last = kStart + std::chrono::seconds(n);
  d.flow.started = d.flow.last - std::chrono::seconds(3);
  d.flow.packets = 10 + n % 7;
  d.flow.bytes = 1000 + n % 1009;
  d.flow.end_reason = flow::EndReason::end_of_flow;
  d.sensor = "test sensor";
  d.scored_at = d.flow.last + std::chrono::seconds(10);
  d.alerted_at = d.flow.last + std::chrono::seconds(5);
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.score = -0.25f;
  d.verdict.margin = 0.125f;
  d.verdict.attack_type = "port scan";
  d.verdict.confidence = 0.75f;
  d.severity = alerting::Severity::medium;
  d.technique = "T1046";
  d.model_version = "test@1";
  d.features = {1, 2, kNaN};
  return d;
}

alerting::Detection full_detection() {
  alerting::Detection d = detection_of(7);
  d.flow.ip_version = 6;
  d.flow.src_ip = *base::IpAddress::parse("2001:db8::1");
  d.flow.dst_ip = *base::IpAddress::parse("fe80::ffff:1234");
  d.flow.protocol = 17;
  d.flow.vlan = 4094;
  d.flow.tunnel_id = 0xFFFFFFFF;
  d.flow.packets = 1ull << 62;
  d.verdict.p_value = 1e-7f;
  d.verdict.reasons = {{"flow_duration", 0.1f, -3.4028235e38f, 1e-38f, 16777216, 0.333333343f},
                       {"say \"é\"\\", kNaN, 0, -3, 1, -2}};
  return d;
}

std::string in_words(const alerting::Detection& d) {
  const std::string alerted = d.alerted_at ? fmt::format("{}", base::to_us(*d.alerted_at)) : "none";
  return fmt::format("{}\nsensor '{}' scored {} alerted {} severity {} technique '{}' model '{}'\n{}\nfeatures {}",
                     in_words(d.flow), d.sensor, base::to_us(d.scored_at), alerted, to_string(d.severity), d.technique,
                     d.model_version, in_words(d.verdict), fmt::join(d.features, " "));
}

std::string in_words(const ThroughputSample& s) {
  return fmt::format("{} {} {}s packets {} bytes {} started {} open {} rejected {} dropped {}", base::to_us(s.at),
                     s.sensor, s.seconds, s.packets, s.bytes, s.flows_started, s.flows_open, s.rejected_packets,
                     s.dropped_packets);
}

}  // namespace weir::store::test
