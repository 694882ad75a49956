// SPDX-License-Identifier: Apache-2.0
#include "api/query_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace weir::api {

namespace {

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

const std::string* QueryReader::find(std::string_view name) const {
  const auto found = std::ranges::find(pairs_, name, &QueryPairs::value_type::first);
  return found == pairs_.end() ? nullptr : &found->second;
}

void QueryReader::refuse(std::string_view name, std::string_view expected) {
  if (!error_) error_ = fmt::format("The parameter '{}' must be {}.", name, expected);
}

std::optional<std::string> QueryReader::text(std::string_view name, std::size_t max_characters) {
  const std::string* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->empty() || count_characters(*value) > max_characters) {
    refuse(name, fmt::format("1 to {} characters", max_characters));
    return std::nullopt;
  }
  return *value;
}

std::optional<base::Timestamp> QueryReader::time(std::string_view name) {
  const std::string* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto parsed = base::parse_time(*value);
  if (!parsed) refuse(name, "a time such as 2026-01-31T08:15:30Z (a + in an offset is written %2B)");
  return parsed;
}

std::optional<base::IpAddress> QueryReader::address(std::string_view name) {
  const std::string* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto parsed = base::IpAddress::parse(*value);
  if (!parsed) refuse(name, "an IPv4 or IPv6 address");
  return parsed;
}

std::uint32_t QueryReader::count(std::string_view name, std::uint32_t lowest, std::uint32_t highest,
                                 std::uint32_t otherwise) {
  const std::string* value = find(name);
  if (value == nullptr) return otherwise;
  std::uint32_t parsed = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, parsed);
  if (error != std::errc() || stop != end || parsed < lowest || parsed > highest) {
    refuse(name, fmt::format("a whole number from {} to {}", lowest, highest));
    return otherwise;
  }
  return parsed;
}

}  // namespace weir::api
