// SPDX-License-Identifier: Apache-2.0
// Event: what may be told to a sink, before it has the form of any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "alerting/detection.h"
#include "base/clock.h"
#include "sinks/incident_news.h"

namespace weir::sinks {

enum class EventKind : std::uint8_t {
  alert,     // an anomalous flow
  flow,      // how a flow ended
  stats,     // what the sensor has done until now
  incident,  // that one opened, worsened, was judged
};

// Counted since the start of the run.
struct SensorStats {
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  base::Timestamp at = {};  // wall clock
  std::string sensor = {};
  double uptime_s = 0;
  std::uint64_t packets = 0, kernel_drops = 0, interface_drops = 0;
  Counts packets_rejected = {};  // by reason
  std::uint64_t flows_started = 0, flows_ended = 0, flows_open = 0;
  std::uint64_t rows = 0, rows_scored = 0;
  Counts rows_unscored = {};     // by reason
  std::uint64_t detections = 0, detections_stored = 0, detections_waiting = 0, detections_lost = 0;
  std::uint64_t memory_bytes = 0;
  bool balanced = true;
};

struct Event {
  EventKind kind = EventKind::alert;
  std::string key;                                                    // the same for the same event, in every run
  alerting::Severity severity = alerting::Severity::none;
  std::variant<alerting::Detection, SensorStats, IncidentNews> what;  // a detection is without its explanation
};

// Nothing unless the flow is anomalous and no rule hides it. Its key is "FLOW_UID-TYPE": rows that say the same again have
// the same.
std::optional<Event> alert_of(const alerting::Detection& detection);
// Of a flow that has ended, judged as it may be. Its key is "FLOW_UID-end". Nothing when a rule hides it.
std::optional<Event> flow_of(const alerting::Detection& detection);
Event stats_of(SensorStats stats);
Event incident_of(IncidentNews news);

// "unknown" when the models gave none.
std::string_view type_of(const alerting::Detection& detection);

}  // namespace weir::sinks
