// SPDX-License-Identifier: Apache-2.0
// The body of a request: events (lines of JSON: incident_event() or eve_alert()) in the form that the receiver reads. Pure
// functions.
//
// Addresses, names and comments come from the network and from people. In the forms that chat tools read they are shown as they
// are: no mention, no link, no markup can be made of them; and no message is longer than the tool takes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sinks/sender.h"

namespace weir::sinks {

enum class MessageFormat {
  generic,  // docs/webhook.schema.json
  slack,
  mattermost,
  teams,    // an Adaptive Card, as Workflows take it
  discord,
  text,
};
inline constexpr std::string_view kMessageFormats = "generic|slack|mattermost|teams|discord|text";
std::optional<MessageFormat> parse_message_format(std::string_view text);

// Events that one request may hold.
std::size_t most_events(MessageFormat format);

struct Message {
  std::string content_type, body;
};
Message compose(MessageFormat format, std::span<const Record> records);

}  // namespace weir::sinks
