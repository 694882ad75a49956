// SPDX-License-Identifier: Apache-2.0
// BodyReader: the members of a JSON object as values. Read them all, then ask error() once: the first thing that was not
// what it should be, in a sentence that names it. What was not given, or is null, is nothing.
//
// Bodies are flat: text, numbers, true or false, and lists of text. Unknown members, members given twice, and anything
// nested deeper are refused. The time and memory it takes grow with the body's size only (ServerLimits::body_bytes).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"

namespace weir::api {

class BodyReader {
 public:
  BodyReader(std::string_view body, std::initializer_list<std::string_view> known);

  const std::optional<std::string>& error() const { return error_; }

  // Text is UTF-8 without control characters, except line feeds and tabs.
  std::optional<std::string> text(std::string_view name, std::size_t max_characters);
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t max_count,
                                                std::size_t max_characters);
  std::optional<double> number(std::string_view name, double lowest, double highest);
  std::optional<bool> flag(std::string_view name);
  std::optional<base::Timestamp> time(std::string_view name);
  std::optional<base::IpAddress> address(std::string_view name);

  // A word that `parse` knows; `words` lists them for the sentence.
  template <class Parse>
  auto word(std::string_view name, Parse parse, std::string_view words) -> decltype(parse(std::string_view())) {
    const std::optional<std::string> value = text(name, 100);
    if (!value) return std::nullopt;
    auto parsed = parse(std::string_view(*value));
    if (!parsed) refuse(name, words);
    return parsed;
  }

  // Refuses the body unless this member is there.
  void require(std::string_view name);
  // Refuses it for a reason of the caller's: "The member 'name' must be <expected>."
  void refuse(std::string_view name, std::string_view expected);

  using Value = std::variant<bool, double, std::string, std::vector<std::string>>;

 private:
  template <class Kind>
  const Kind* find(std::string_view name, std::string_view expected);

  std::map<std::string, Value, std::less<>> members_;
  std::optional<std::string> error_;
};

}  // namespace weir::api
