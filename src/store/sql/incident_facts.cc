// SPDX-License-Identifier: Apache-2.0
#include "store/sql/incident_facts.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace weir::store::sql {

namespace {

using nlohmann::json;

json set_json(const alerting::AddressSet& set) {
  json members = json::array();
  for (const base::IpAddress& address : set.members()) members.push_back(address.to_string());
  return {{"some", std::move(members)}, {"more", set.is_estimate()}};
}

// Throws json::exception.
alerting::AddressSet set_from(const json& object) {
  std::vector<base::IpAddress> members;
  for (const json& text : object.at("some")) {
    if (const auto address = base::IpAddress::parse(text.get_ref<const std::string&>())) members.push_back(*address);
  }
  return alerting::AddressSet::restored(members, object.at("more").get<bool>());
}

json timeline_json(const alerting::Timeline& timeline) {
  json steps = json::array();
  for (const auto& [step, flows] : timeline.steps()) steps.push_back({step, flows});
  return {{"width_s", timeline.width_s()}, {"steps", std::move(steps)}};
}

alerting::Timeline timeline_from(const json& object) {
  std::map<std::int64_t, std::int64_t> steps;
  for (const json& pair : object.at("steps")) steps[pair.at(0).get<std::int64_t>()] = pair.at(1).get<std::int64_t>();
  const auto width = object.at("width_s").get<std::int64_t>();
  return alerting::Timeline::restored(std::max<std::int64_t>(width, 1), std::move(steps));
}

}  // namespace

std::string facts_json(const alerting::Incident& incident) {
  json worst = json::array();
  for (const alerting::IncidentSample& sample : incident.samples) {
    worst.push_back({sample.flow.to_string(), std::isfinite(sample.margin) ? json(sample.margin) : json(nullptr)});
  }
  return json{{"actors", set_json(incident.actors)},          {"targets", set_json(incident.targets)},
              {"ports", incident.ports.to_string()},          {"protocols", incident.protocols},
              {"timeline", timeline_json(incident.timeline)}, {"worst", std::move(worst)}}
      .dump();
}

base::Result<> take_facts(const std::string& text, alerting::Incident& incident) {
  try {
    const json object = json::parse(text);
    incident.actors = set_from(object.at("actors"));
    incident.targets = set_from(object.at("targets"));
    const auto ports = alerting::PortSet::parse(object.at("ports").get_ref<const std::string&>());
    if (!ports) return base::fail("incident " + incident.id + " is damaged in the store: its ports are none");
    incident.ports = *ports;
    incident.protocols = object.at("protocols").get<std::set<std::uint8_t>>();
    incident.timeline = timeline_from(object.at("timeline"));
    incident.samples.clear();
    for (const json& pair : object.at("worst")) {
      const auto uid = flow::FlowUid::parse(pair.at(0).get_ref<const std::string&>());
      if (uid) incident.samples.push_back({*uid, pair.at(1).is_number() ? pair.at(1).get<float>() : 0.0F});
    }
    return {};
  } catch (const json::exception&) {
    return base::fail("incident " + incident.id + " is damaged in the store: its facts cannot be read");
  }
}

}  // namespace weir::store::sql
