// SPDX-License-Identifier: Apache-2.0
// Incident: what one actor (or, for denial of service, many) does of one kind in one stretch of time, summed over its
// flows. One line on the first page, however many flows there are.
//
// Everything that is summed is mergeable: it depends on the set of flows, not on their order, and two incidents merge into
// what their flows together would have given. Memory is bounded whatever the number of flows (about 10 KiB; ports may
// take more). What a flow adds can be taken out again but for what only a maximum or a set remembers; then the incident
// is `stale` until it is summed anew.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alerting/address_set.h"
#include "alerting/detection.h"
#include "alerting/port_set.h"
#include "alerting/timeline.h"
#include "base/clock.h"

namespace weir::alerting {

// In the order of who wins when two incidents become one.
enum class IncidentState : std::uint8_t {
  dismissed = 0,  // a false alarm
  closed = 1,     // dealt with; a new flow opens it again
  open = 2,       // nobody has judged it
  confirmed = 3,  // a true alarm
};
std::string_view to_string(IncidentState state);
std::optional<IncidentState> parse_incident_state(std::string_view text);

struct IncidentSample {
  flow::FlowUid flow;
  float margin = 0;
  friend bool operator==(const IncidentSample&, const IncidentSample&) = default;
};

struct Incident {
  static constexpr std::size_t kSamples = 5;

  std::string id;                       // 16 hex digits
  std::string attack_type;              // "unknown" when the models gave none
  bool by_victim = false;               // grouped by its target: denial of service has more sources than actors
  Severity severity = Severity::none;
  std::string technique;                // ATT&CK id; may be empty

  base::Timestamp first_at, last_at;    // of its flows: the earliest start, the latest packet
  std::uint64_t flows = 0, packets = 0, bytes = 0;
  AddressSet actors, targets;
  PortSet ports;                        // that were asked for, of TCP and UDP
  std::set<std::uint8_t> protocols;
  Timeline timeline;                    // flows by the tick in which they were found
  std::vector<IncidentSample> samples;  // the worst flows, worst first

  IncidentState state = IncidentState::open;
  std::string state_by, comment;        // who judged it, and what they said
  std::optional<base::Timestamp> state_at;
  base::Timestamp updated_at;           // wall clock of the last change
  bool stale = false;

  friend bool operator==(const Incident&, const Incident&) = default;
};

// Whether a detection belongs to an incident: it is anomalous, and no rule hides it.
bool belongs_to_incident(const Detection& detection);

// What incidents are told apart by, beside who and when.
std::string_view incident_class(const Detection& detection);

// Denial of service (ATT&CK T1498, T1499) is grouped by its victim, since sources may be forged; all else by its source.
bool grouped_by_victim(const Detection& detection);

void add_flow(Incident& incident, const Detection& detection);
// `before` and `now` are the same flow, which is in the incident already.
void update_flow(Incident& incident, const Detection& before, const Detection& now);
void remove_flow(Incident& incident, const Detection& detection);

// Both kinds of what is summed and of what people said; keeps into.id.
void merge(Incident& into, const Incident& other);

}  // namespace weir::alerting
