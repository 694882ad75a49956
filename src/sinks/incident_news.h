// SPDX-License-Identifier: Apache-2.0
// News of an incident: what is worth a message to people and programs outside, and its JSON form (docs/webhook.schema.json).
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "alerting/incident.h"

namespace weir::sinks {

enum class IncidentChange : std::uint8_t {
  opened,     // it is new
  worsened,   // more severe, or ten times as large
  reopened,   // it was closed or dismissed, and is open again
  confirmed,  // by a person, as are the next two
  dismissed,
  closed,
};
std::string_view to_string(IncidentChange change);

struct IncidentNews {
  IncidentChange change = IncidentChange::opened;
  std::uint32_t number = 1;  // of the news that were told of this incident
  alerting::Incident incident;
  std::string story;
  std::string sensor;
};

// The same when the same news are told again: "4d1f0c6aa1b2c3d4-2".
std::string news_key(const IncidentNews& news);

// One line of JSON. `page` is where weir's own page is served ("https://weir.example.net"); empty: no link.
std::string incident_event(const IncidentNews& news, std::string_view page);

}  // namespace weir::sinks
