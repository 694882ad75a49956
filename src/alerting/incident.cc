// SPDX-License-Identifier: Apache-2.0
#include "alerting/incident.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace weir::alerting {

namespace {

constexpr std::array<std::string_view, 4> kStateNames = {"dismissed", "closed", "open", "confirmed"};
constexpr std::string_view kUnknown = "unknown";
constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132;

base::Timestamp time_of(const Detection& detection) { return detection.alerted_at.value_or(detection.flow.last); }

bool has_ports(std::uint8_t protocol) { return protocol == kTcp || protocol == kUdp || protocol == kSctp; }

void add_sample(Incident& incident, IncidentSample sample) {
  std::erase_if(incident.samples, [&sample](IncidentSample& known) {
    if (known.flow != sample.flow) return false;
    sample.margin = std::max(sample.margin, known.margin);
    return true;
  });
  incident.samples.push_back(sample);
  std::sort(incident.samples.begin(), incident.samples.end(), [](const IncidentSample& a, const IncidentSample& b) {
    return std::tuple(-a.margin, a.flow) < std::tuple(-b.margin, b.flow);
  });
  if (incident.samples.size() > Incident::kSamples) incident.samples.pop_back();
}

void raise(Incident& incident, Severity severity, const std::string& technique) {
  if (std::tie(severity, technique) <= std::tie(incident.severity, incident.technique)) return;
  incident.severity = severity;
  incident.technique = technique;
}

// What may be added any number of times.
void add_facts(Incident& incident, const Detection& detection) {
  const flow::FlowIdentity& flow = detection.flow;
  raise(incident, detection.severity, detection.technique);
  incident.actors.add(flow.src_ip);
  incident.targets.add(flow.dst_ip);
  if (has_ports(flow.protocol)) incident.ports.add(flow.dst_port);
  incident.protocols.insert(flow.protocol);
  add_sample(incident, {flow.uid, detection.verdict.margin});
}

}  // namespace

std::string_view to_string(IncidentState state) { return kStateNames[static_cast<std::size_t>(state)]; }

std::optional<IncidentState> parse_incident_state(std::string_view text) {
  const auto found = std::find(kStateNames.begin(), kStateNames.end(), text);
  if (found == kStateNames.end()) return std::nullopt;
  return static_cast<IncidentState>(found - kStateNames.begin());
}

bool belongs_to_incident(const Detection& detection) {
  return detection.verdict.status == scoring::Status::anomaly && detection.suppressed_by.empty();
}

std::string_view incident_class(const Detection& detection) {
  return detection.verdict.attack_type.empty() ? kUnknown : std::string_view(detection.verdict.attack_type);
}

bool grouped_by_victim(const Detection& detection) {
  return detection.technique.starts_with("T1498") || detection.technique.starts_with("T1499");
}

void add_flow(Incident& incident, const Detection& detection) {
  const flow::FlowIdentity& flow = detection.flow;
  const bool is_first = incident.flows == 0;
  incident.first_at = is_first ? flow.started : std::min(incident.first_at, flow.started);
  incident.last_at = is_first ? flow.last : std::max(incident.last_at, flow.last);
  incident.flows += 1;
  incident.packets += flow.packets;
  incident.bytes += flow.bytes;
  incident.timeline.add(time_of(detection));
  add_facts(incident, detection);
}

void update_flow(Incident& incident, const Detection& before, const Detection& now) {
  // Unsigned: what was more before wraps back.
  incident.packets += now.flow.packets - before.flow.packets;
  incident.bytes += now.flow.bytes - before.flow.bytes;
  incident.first_at = std::min(incident.first_at, now.flow.started);
  incident.last_at = std::max(incident.last_at, now.flow.last);
  if (time_of(before) != time_of(now)) {
    incident.timeline.remove(time_of(before));
    incident.timeline.add(time_of(now));
  }
  add_facts(incident, now);
  if (std::tie(before.severity, before.technique) > std::tie(now.severity, now.technique)) incident.stale = true;
}

void remove_flow(Incident& incident, const Detection& detection) {
  incident.flows -= 1;
  incident.packets -= detection.flow.packets;
  incident.bytes -= detection.flow.bytes;
  incident.timeline.remove(time_of(detection));
  std::erase_if(incident.samples, [&](const IncidentSample& sample) { return sample.flow == detection.flow.uid; });
  incident.stale = true;
}

void merge(Incident& into, const Incident& other) {
  if (other.flows > 0) {
    into.first_at = into.flows == 0 ? other.first_at : std::min(into.first_at, other.first_at);
    into.last_at = into.flows == 0 ? other.last_at : std::max(into.last_at, other.last_at);
  }
  into.flows += other.flows;
  into.packets += other.packets;
  into.bytes += other.bytes;
  into.by_victim = into.by_victim || other.by_victim;
  raise(into, other.severity, other.technique);
  into.actors.merge(other.actors);
  into.targets.merge(other.targets);
  into.ports.merge(other.ports);
  into.protocols.insert(other.protocols.begin(), other.protocols.end());
  into.timeline.merge(other.timeline);
  for (const IncidentSample& sample : other.samples) add_sample(into, sample);
  if (std::tie(other.state, other.state_at) > std::tie(into.state, into.state_at)) {
    into.state = other.state;
    into.state_by = other.state_by;
    into.comment = other.comment;
    into.state_at = other.state_at;
  }
  into.updated_at = std::max(into.updated_at, other.updated_at);
  into.stale = into.stale || other.stale;
}

}  // namespace weir::alerting
