// SPDX-License-Identifier: Apache-2.0
#include "store/sql/text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace weir::store::sql {

namespace {

using nlohmann::json;

// The JSON library checks and repairs UTF-8; a checker of our own would be one more to prove.
std::string dumped(std::string_view text, json::error_handler_t on_error) {
  return json(text).dump(-1, ' ', false, on_error);
}

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

}  // namespace

bool is_storable(std::string_view text) {
  if (is_plain_ascii(text)) return true;
  if (text.find('\0') != std::string_view::npos) return false;
  try {
    (void)dumped(text, json::error_handler_t::strict);
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

std::string storable(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  auto repaired = json::parse(dumped(text, json::error_handler_t::replace)).get<std::string>();
  std::erase(repaired, '\0');
  return repaired;
}

std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

}  // namespace weir::store::sql
