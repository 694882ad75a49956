// SPDX-License-Identifier: Apache-2.0
// Notice: what of an event is shown to people, as clean text. Private to webhook/.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::sinks {

struct Notice {
  std::string title, story;
  std::string severity;  // "critical" ... "none"; empty when the event has none
  std::string change;    // "opened" ...; empty for a single alert
  std::string url;       // of weir's page; empty: none
  std::vector<std::pair<std::string, std::string>> facts;
};

// What is no event of ours is shown as its text.
Notice notice_of(std::string_view event);

// Valid UTF-8 on one line: no control characters, nothing invisible, nothing that turns the direction of writing; links are broken
// ("http[:]//"); at most `most` bytes, cut between characters with "…".
std::string clean(std::string_view text, std::size_t most);

// "[HIGH, opened] Scan of 3 hosts by 10.0.0.5"
std::string headline(const Notice& notice);

}  // namespace weir::sinks
