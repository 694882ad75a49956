// SPDX-License-Identifier: Apache-2.0
// SinkConfig: one [[sink]] of weir.toml, as text. A table (in the .cc) says which keys each kind of sink has; reading, checking
// and printing follow it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::app {

struct SinkConfig {
  std::string name;  // of its spool's folder too
  std::string kind;
  std::map<std::string, std::string>
      values;        // all other keys; a list is joined by commas, a table's key is "table.key"

  // What a key is set to, else its default. Only after check_sinks(), and for keys of its kind.
  std::string text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;
  double seconds(std::string_view key) const;  // a number with or without a fraction
  bool flag(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  // Those that begin so, without that: ("properties.") -> {"client.id", ...}
  std::map<std::string, std::string> below(std::string_view prefix) const;

  friend bool operator==(const SinkConfig&, const SinkConfig&) = default;
};

// Names that are there once and can be a folder's, known kinds, known keys with sound values, none missing. The error names the
// sink.
base::Result<> check_sinks(const std::vector<SinkConfig>& sinks);

// As they stand in weir.toml, with every key of their kind.
std::string print_sinks(const std::vector<SinkConfig>& sinks);

// "a, b" -> {"a", "b"}
std::vector<std::string> split_list(std::string_view text);

// `text` in quotes, as TOML takes it.
std::string toml_text(std::string_view text);

}  // namespace weir::app
