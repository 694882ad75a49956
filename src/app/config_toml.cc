// SPDX-License-Identifier: Apache-2.0
// Reading weir.toml. toml++ stays in this file: it is the heaviest header of the program.
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#define TOML_EXCEPTIONS 0  // the installed library is built with exceptions: use the header alone
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "app/config.h"
#include "app/nearest.h"

namespace weir::app {

namespace {

std::string hint(std::string_view name) {
  std::vector<std::string_view> known;
  for (const ConfigKey& key : config_keys()) known.push_back(key.name);
  const std::string nearest = nearest_hint(name, known);
  return nearest.empty() ? "; `weir run --print-config` shows all keys" : nearest;
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
    return base::fail(fmt::format("line {}: there is no key {}{}", node.source().begin.line, name, hint(name)));
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
  if (!std::filesystem::is_regular_file(path)) return base::fail(fmt::format("{}: there is no such file", path));
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
