// SPDX-License-Identifier: Apache-2.0
// Reading weir.toml. toml++ stays in this file: it is the heaviest header of the program.
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>
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

base::Result<> add_to_sink(SinkConfig& sink, const std::string& name, const toml::node& node) {
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& one : *list) {
      if (!one.is_string()) return base::fail(name + " must be a list of texts in quotes");
      joined += (joined.empty() ? "" : ",") + text_of(one);
    }
    sink.values[name] = std::move(joined);
    return {};
  }
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      if (auto done = add_to_sink(sink, fmt::format("{}.{}", name, key.str()), value); !done) return done;
    }
    return {};
  }
  (name == "name" ? sink.name : name == "kind" ? sink.kind : sink.values[name]) = text_of(node);
  return {};
}

base::Result<> add_sinks(Config& config, const toml::node& node) {
  const toml::array* tables = node.as_array();
  if (tables == nullptr || !tables->is_array_of_tables()) {
    return base::fail(fmt::format("line {}: a sink begins with [[sink]], in two brackets", node.source().begin.line));
  }
  for (const toml::node& one : *tables) {
    SinkConfig sink;
    const std::string line = fmt::format("line {}", one.source().begin.line);
    for (const auto& [name, value] : *one.as_table()) {
      if (auto done = add_to_sink(sink, std::string(name.str()), value); !done) return base::fail_within(line, done);
    }
    if (auto sound = check_sinks({sink}); !sound) return base::fail_within(line, sound);
    config.sinks.push_back(std::move(sink));
  }
  return {};
}

base::Result<std::string> read_file(const std::string& path) {
  std::error_code not_there;
  if (!std::filesystem::is_regular_file(path, not_there)) return base::fail(path + ": there is no such file");
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail(fmt::format("{}: {}", path, std::strerror(errno)));
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// toml++ 3.3 ends the process on a header that begins with anything but a name ("[[[", "[=]"), which it should refuse.
std::optional<std::size_t> broken_header_line(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto skip = [&](std::string_view what) {
      line.remove_prefix(std::min(line.find_first_not_of(what), line.size()));
    };
    skip(kBlank);
    if (!line.starts_with('[')) continue;
    line.remove_prefix(line.starts_with("[[") ? 2 : 1);
    skip(kBlank);
    const bool named = !line.empty() && (std::isalnum(static_cast<unsigned char>(line.front())) != 0 ||
                                         std::string_view("_-\"'").find(line.front()) != std::string_view::npos);
    if (!named) return number;
  }
  return std::nullopt;
}

}  // namespace

base::Result<> load_toml(Config& config, const std::string& path) {
  const auto text = read_file(path);
  if (!text) return base::fail(text.error());
  if (const auto line = broken_header_line(*text)) {
    return base::fail(
        fmt::format("{}: line {}: a bracket must be followed by the name of a section, as in [capture]", path, *line));
  }
  const toml::parse_result parsed = toml::parse(*text, path);
  if (!parsed) {
    const auto& error = parsed.error();
    if (error.source().begin.line == 0) return base::fail(fmt::format("{}: {}", path, error.description()));
    return base::fail(fmt::format("{}: line {}, column {}: {}", path, error.source().begin.line,
                                  error.source().begin.column, error.description()));
  }
  for (const auto& [section, node] : parsed.table()) {
    if (section.str() == "sink") {
      if (auto added = add_sinks(config, node); !added) return base::fail_within(path, added);
      continue;
    }
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
