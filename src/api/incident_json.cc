// SPDX-License-Identifier: Apache-2.0
#include "api/incident_json.h"

#include <algorithm>

#include "alerting/incident_story.h"
#include "api/json_values.h"
#include "flow/flow_identity.h"

namespace weir::api {

namespace {

using alerting::Incident;

constexpr std::size_t kPartiesInList = 5;

Json parties(const alerting::AddressSet& set, std::size_t most) {
  Json some = Json::array();
  for (const base::IpAddress& address : set.sorted()) {
    if (some.size() == most) break;
    some.push_back(address.to_string());
  }
  Json json;
  json["count"] = set.count();
  json["is_estimate"] = set.is_estimate();
  json["some"] = std::move(some);
  return json;
}

Json incident_object(const Incident& incident, std::size_t most_parties) {
  Json protocols = Json::array();
  for (const std::uint8_t protocol : incident.protocols) protocols.push_back(flow::protocol_name(protocol));
  Json json;
  json["id"] = incident.id;
  json["title"] = alerting::title(incident);
  json["attack_type"] = incident.attack_type;
  json["grouped_by"] = incident.by_victim ? "victim" : "actor";
  json["severity"] = alerting::to_string(incident.severity);
  json["technique"] = text_or_null(incident.technique);
  json["state"] = alerting::to_string(incident.state);
  json["state_by"] = text_or_null(incident.state_by);
  json["state_at"] = time(incident.state_at);
  json["comment"] = text_or_null(incident.comment);
  json["first_at"] = time(incident.first_at);
  json["last_at"] = time(incident.last_at);
  json["flows"] = incident.flows;
  json["packets"] = incident.packets;
  json["bytes"] = incident.bytes;
  json["actors"] = parties(incident.actors, most_parties);
  json["targets"] = parties(incident.targets, most_parties);
  json["ports"] = {{"count", incident.ports.count()}, {"list", incident.ports.to_string()}};
  json["protocols"] = std::move(protocols);
  json["updated_at"] = time(incident.updated_at);
  return json;
}

// The list of ports of a scan may be long: the page of all incidents does without it.
Json list_item(const Incident& incident) {
  Json json = incident_object(incident, kPartiesInList);
  if (incident.ports.ranges().size() > kPartiesInList) json["ports"]["list"] = nullptr;
  return json;
}

Json timeline(const alerting::Timeline& timeline) {
  Json steps = Json::array();
  for (const auto& [step, flows] : timeline.steps()) {
    const base::Timestamp at = base::from_us(step * timeline.width_s() * 1'000'000);
    steps.push_back({{"at", time(at)}, {"flows", flows}});
  }
  Json json;
  json["step_s"] = timeline.width_s();
  json["steps"] = std::move(steps);
  return json;
}

Json list(std::span<const Incident> incidents) {
  Json items = Json::array();
  for (const Incident& incident : incidents) items.push_back(list_item(incident));
  return items;
}

Json detections(std::span<const alerting::Detection> all) {
  Json items = Json::array();
  for (const alerting::Detection& detection : all) items.push_back(detection_object(detection));
  return items;
}

Json suppression_object(const alerting::Suppression& suppression, base::Timestamp now) {
  Json json;
  json["id"] = suppression.id;
  json["rule"] = Json::parse(alerting::to_json(suppression.rule));
  json["in_words"] = alerting::in_words(suppression.rule);
  json["owner"] = suppression.owner;
  json["reason"] = suppression.reason;
  json["created_at"] = time(suppression.created_at);
  json["expires_at"] = time(suppression.expires_at);
  json["active"] = suppression.is_active(now);
  return json;
}

Json feedback_object(const store::Feedback& feedback) {
  Json json;
  json["id"] = feedback.id;
  json["at"] = time(feedback.at);
  json["by"] = text_or_null(feedback.by);
  json["incident_id"] = text_or_null(feedback.incident_id);
  json["flow_uid"] = feedback.flow ? Json(feedback.flow->to_string()) : Json(nullptr);
  json["verdict"] = feedback.is_attack ? "true_alarm" : "false_alarm";
  json["attack_type"] = text_or_null(feedback.attack_type);
  json["comment"] = text_or_null(feedback.comment);
  return json;
}

template <class Items, class ToJson>
std::string items_json(const Items& all, ToJson to_json) {
  Json items = Json::array();
  for (const auto& one : all) items.push_back(to_json(one));
  Json json;
  json["items"] = std::move(items);
  return dump(json);
}

}  // namespace

std::string incident_json(const Incident& incident) { return dump(list_item(incident)); }

std::string incident_page_json(const store::IncidentPage& page) {
  Json json;
  json["items"] = list(page.incidents);
  json["next_cursor"] = text_or_null(page.next_cursor);
  return dump(json);
}

std::string incident_detail_json(const Incident& incident, std::span<const alerting::Detection> worst,
                                 std::span<const Incident> related) {
  Json json = incident_object(incident, alerting::AddressSet::kMost);
  json["story"] = alerting::story(incident, worst);
  json["timeline"] = timeline(incident.timeline);
  json["worst_flows"] = detections(worst);
  json["related"] = list(related);
  return dump(json);
}

std::string suppression_json(const alerting::Suppression& suppression, base::Timestamp now) {
  return dump(suppression_object(suppression, now));
}

std::string suppression_list_json(std::span<const alerting::Suppression> suppressions, base::Timestamp now) {
  return items_json(suppressions, [now](const auto& one) { return suppression_object(one, now); });
}

std::string suppression_preview_json(const SuppressionPreview& preview) {
  Json json;
  json["from"] = time(preview.from);
  json["to"] = time(preview.to);
  json["looked_at"] = preview.looked_at;
  json["would_hide"] = preview.would_hide;
  json["complete"] = preview.complete;
  json["examples"] = detections(preview.examples);
  return dump(json);
}

std::string feedback_json(const store::Feedback& feedback) { return dump(feedback_object(feedback)); }

std::string feedback_list_json(std::span<const store::Feedback> feedback) {
  return items_json(feedback, feedback_object);
}

std::string host_json(const base::IpAddress& address, std::span<const Incident> incidents,
                      std::span<const alerting::Detection> flows) {
  Json as_actor = Json::array(), as_target = Json::array();
  for (const Incident& incident : incidents) {
    if (incident.actors.contains(address)) as_actor.push_back(list_item(incident));
    if (incident.targets.contains(address)) as_target.push_back(list_item(incident));
  }
  Json json;
  json["address"] = address.to_string();
  json["as_actor"] = std::move(as_actor);
  json["as_target"] = std::move(as_target);
  json["newest_flows"] = detections(flows);
  return dump(json);
}

}  // namespace weir::api
