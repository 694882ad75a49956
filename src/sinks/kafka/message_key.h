// SPDX-License-Identifier: Apache-2.0
// The key of a Kafka message: what has the same key stays in order, in one partition. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::sinks {

enum class KeyBy : std::uint8_t {
  actor,  // the address that caused it: what one host does is in order, whatever incidents it makes
  id,     // the incident, or the flow
};
std::optional<KeyBy> parse_key_by(std::string_view text);

// Of an event of weir (incident_event(), eve_alert()). An incident of many actors goes by its id. Empty when the event has
// nothing of the kind: then any partition will do.
std::string message_key(std::string_view event, KeyBy by);

}  // namespace weir::sinks
