// SPDX-License-Identifier: Apache-2.0
// Request targets: split, and decoded strictly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::api {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

// %41 becomes A; nothing for a broken escape, a control character, or bytes that are not UTF-8. A `+` is a space only
// where the caller says so (in query strings, as HTML forms write it).
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

struct Target {
  std::string path;  // decoded; starts with a slash, and has no empty, "." or ".." part inside
  QueryPairs query;  // in the order given
};
// "/a%20b?x=1&y" -> {"/a b", {{"x", "1"}, {"y", ""}}}. Nothing when it is not such a target.
std::optional<Target> parse_target(std::string_view target);

}  // namespace weir::api
