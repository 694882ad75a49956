// SPDX-License-Identifier: Apache-2.0
// Reading weir.toml. toml++ stays in this file: it is the heaviest header of the program.
#include <algorithm>
#include <numeric>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#define TOML_EXCEPTIONS 0  // the installed library is built with exceptions: use the header alone
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "app/config.h"

namespace weir::app {

namespace {

// Levenshtein distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string_view nearest_key(std::string_view name) {
  const auto keys = config_keys();
  return std::min_element(keys.begin(), keys.end(),
                          [&](const ConfigKey& a, const ConfigKey& b) {
                            return edit_distance(name, a.name) < edit_distance(name, b.name);
                          })
      ->name;
}

const ConfigKey* find_key(std::string_view name) {
  const auto keys = config_keys();
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

base::Result<> set_from_node(Config& config, const std::string& name, const toml::node& node) {
  const ConfigKey* key = find_key(name);
  if (key == nullptr) {
    return base::fail(fmt::format("line {}: there is no key {}; the nearest is {}", node.source().begin.line, name,
                                  nearest_key(name)));
  }
  const bool wants_text = std::holds_alternative<std::string Config::*>(key->member);
  if (wants_text && !node.is_string() && !node.is_number()) {
    return base::fail(fmt::format("line {}: {} must be text in quotes", node.source().begin.line, name));
  }
  if (auto done = set(config, *key, text_of(node)); !done) {
    return base::fail_within(fmt::format("line {}", node.source().begin.line), done);
  }
  return {};
}

}  // namespace

base::Result<> load_toml(Config& config, const std::string& path) {
  const toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    const auto& error = parsed.error();
    if (error.source().begin.line == 0) return base::fail(fmt::format("{}: {}", path, error.description()));
    return base::fail(fmt::format("{}: line {}, column {}: {}", path, error.source().begin.line,
                                  error.source().begin.column, error.description()));
  }
  for (const auto& [section, node] : parsed.table()) {
    const toml::table* keys = node.as_table();
    if (keys == nullptr) {
      return base::fail(fmt::format("{}: line {}: {} is outside of a section such as [capture]", path,
                                    node.source().begin.line, section.str()));
    }
    for (const auto& [name, value] : *keys) {
      auto done = set_from_node(config, fmt::format("{}.{}", section.str(), name.str()), value);
      if (!done) return base::fail_within(path, done);
    }
  }
  return {};
}

}  // namespace weir::app
