// SPDX-License-Identifier: Apache-2.0
#include "sinks/event.h"

#include <fmt/format.h>

namespace weir::sinks {

namespace {

// What an event tells, without what explains the verdict.
alerting::Detection slim(const alerting::Detection& detection) {
  alerting::Detection alert;
  alert.flow = detection.flow;
  alert.sensor = detection.sensor;
  alert.scored_at = detection.scored_at;
  alert.alerted_at = detection.alerted_at;
  alert.verdict.status = detection.verdict.status;
  alert.verdict.score = detection.verdict.score;
  alert.verdict.margin = detection.verdict.margin;
  alert.verdict.attack_type = detection.verdict.attack_type;
  alert.verdict.confidence = detection.verdict.confidence;
  alert.severity = detection.severity;
  alert.technique = detection.technique;
  alert.model_version = detection.model_version;
  return alert;
}

}  // namespace

std::string_view type_of(const alerting::Detection& detection) {
  return detection.verdict.attack_type.empty() ? std::string_view("unknown") : detection.verdict.attack_type;
}

std::optional<Event> alert_of(const alerting::Detection& detection) {
  if (detection.verdict.status != scoring::Status::anomaly || !detection.suppressed_by.empty()) return std::nullopt;
  return Event{.kind = EventKind::alert,
               .key = fmt::format("{}-{}", detection.flow.uid.to_string(), type_of(detection)),
               .severity = detection.severity,
               .what = slim(detection)};
}

std::optional<Event> flow_of(const alerting::Detection& detection) {
  if (!detection.suppressed_by.empty()) return std::nullopt;
  return Event{.kind = EventKind::flow,
               .key = detection.flow.uid.to_string() + "-end",
               .severity = detection.severity,
               .what = slim(detection)};
}

Event stats_of(SensorStats stats) {
  std::string key = fmt::format("{}-{}", stats.sensor, base::to_us(stats.at));
  return {.kind = EventKind::stats, .key = std::move(key), .severity = {}, .what = std::move(stats)};
}

Event incident_of(IncidentNews news) {
  std::string key = news_key(news);
  const alerting::Severity severity = news.incident.severity;
  return {.kind = EventKind::incident, .key = std::move(key), .severity = severity, .what = std::move(news)};
}

}  // namespace weir::sinks
