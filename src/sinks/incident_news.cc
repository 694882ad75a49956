// SPDX-License-Identifier: Apache-2.0
#include "sinks/incident_news.h"

#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "alerting/incident_story.h"
#include "base/rfc3339.h"
#include "flow/flow_identity.h"

namespace weir::sinks {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kParties = 20, kPortRanges = 50;

std::string time(base::Timestamp at) { return base::format_time(base::with_four_digit_year(at)); }

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json parties(const alerting::AddressSet& set) {
  Json some = Json::array();
  for (const base::IpAddress& address : set.sorted()) {
    if (some.size() == kParties) break;
    some.push_back(address.to_string());
  }
  return {{"count", set.count()}, {"is_estimate", set.is_estimate()}, {"some", std::move(some)}};
}

Json ports(const alerting::PortSet& set) {
  const bool few = set.ranges().size() <= kPortRanges;
  return {{"count", set.count()}, {"list", few ? Json(set.to_string()) : Json(nullptr)}};
}

Json facts(const alerting::Incident& incident) {
  Json protocols = Json::array();
  for (const std::uint8_t protocol : incident.protocols) protocols.push_back(flow::protocol_name(protocol));
  return {{"id", incident.id},
          {"attack_type", incident.attack_type},
          {"severity", alerting::to_string(incident.severity)},
          {"technique", text_or_null(incident.technique)},
          {"state", alerting::to_string(incident.state)},
          {"state_by", text_or_null(incident.state_by)},
          {"comment", text_or_null(incident.comment)},
          {"first_at", time(incident.first_at)},
          {"last_at", time(incident.last_at)},
          {"flows", incident.flows},
          {"packets", incident.packets},
          {"bytes", incident.bytes},
          {"actors", parties(incident.actors)},
          {"targets", parties(incident.targets)},
          {"ports", ports(incident.ports)},
          {"protocols", std::move(protocols)}};
}

}  // namespace

std::string_view to_string(IncidentChange change) {
  switch (change) {
    case IncidentChange::opened: return "opened";
    case IncidentChange::worsened: return "worsened";
    case IncidentChange::reopened: return "reopened";
    case IncidentChange::confirmed: return "confirmed";
    case IncidentChange::dismissed: return "dismissed";
    case IncidentChange::closed: return "closed";
  }
  return "opened";
}

std::string news_key(const IncidentNews& news) { return fmt::format("{}-{}", news.incident.id, news.number); }

std::string incident_event(const IncidentNews& news, std::string_view page) {
  while (page.ends_with('/')) page.remove_suffix(1);
  Json json;
  json["event_type"] = "incident";
  json["event_id"] = news_key(news);
  json["change"] = to_string(news.change);
  json["timestamp"] = time(news.incident.updated_at);
  json["sensor"] = news.sensor;
  json["title"] = alerting::title(news.incident);
  json["story"] = news.story;
  json["incident"] = facts(news.incident);
  json["url"] = page.empty() ? Json(nullptr) : Json(fmt::format("{}/incidents/{}", page, news.incident.id));
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weir::sinks
