// SPDX-License-Identifier: Apache-2.0
// QueryReader: query parameters as values. Read them all, then ask error() once: the first that was not what it should be,
// in a sentence that names it. What was not given is nothing, or the default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/url.h"
#include "base/clock.h"
#include "base/ip_address.h"

namespace weir::api {

class QueryReader {
 public:
  // Borrows the pairs; each name is there at most once (the router saw to it).
  explicit QueryReader(const QueryPairs& pairs) : pairs_(pairs) {}

  const std::optional<std::string>& error() const { return error_; }

  std::optional<std::string> text(std::string_view name, std::size_t max_characters);
  std::optional<base::Timestamp> time(std::string_view name);
  std::optional<base::IpAddress> address(std::string_view name);
  std::uint32_t count(std::string_view name, std::uint32_t lowest, std::uint32_t highest, std::uint32_t otherwise);

  // A word that `parse` knows; `words` lists them for the sentence.
  template <class Parse>
  auto word(std::string_view name, Parse parse, std::string_view words) -> decltype(parse(std::string_view())) {
    const std::string* value = find(name);
    if (value == nullptr) return std::nullopt;
    auto parsed = parse(*value);
    if (!parsed) refuse(name, words);
    return parsed;
  }

 private:
  const std::string* find(std::string_view name) const;
  void refuse(std::string_view name, std::string_view expected);

  const QueryPairs& pairs_;
  std::optional<std::string> error_;
};

}  // namespace weir::api
