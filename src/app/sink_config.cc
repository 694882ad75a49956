// SPDX-License-Identifier: Apache-2.0
#include "app/sink_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/nearest.h"
#include "base/check.h"

namespace weir::app {

namespace {

enum class Form : std::uint8_t { text, whole, real, flag, choice, choices, table };

struct SinkKey {
  std::string_view name;
  Form form = Form::text;
  std::string_view preset = {};   // the default
  bool required = false;
  double min = 0, max = 0;        // of numbers
  std::string_view choices = {};  // "a|b|c"
};

struct Kind {
  std::string_view name;
  std::span<const SinkKey> keys;
};

// clang-format off
constexpr std::string_view kSeverities = "none|low|medium|high|critical";
constexpr SinkKey kMinSeverity{"min_severity", Form::choice, "none", false, 0, 0, kSeverities};
constexpr SinkKey kSpool{"spool_mb", Form::whole, "256", false, 1, 1'000'000};
constexpr SinkKey kEvents{"events", Form::choices, "alert", false, 0, 0, "alert|anomaly|flow|stats"};
constexpr SinkKey kStatsEvery{"stats_every_s", Form::real, "30", false, 1, 86'400};

constexpr std::array kEveFile = {
  SinkKey{"path", Form::text, "", true}, kEvents, kMinSeverity, kStatsEvery,
  SinkKey{"rotate_mb", Form::whole, "256", false, 0, 1'000'000},
  SinkKey{"keep", Form::whole, "4", false, 0, 1000}, kSpool};
constexpr std::array kEveSocket = {
  SinkKey{"path", Form::text, "", true},
  SinkKey{"type", Form::choice, "stream", false, 0, 0, "stream|datagram"}, kEvents, kMinSeverity, kStatsEvery, kSpool};
constexpr std::array kSyslog = {
  SinkKey{"address", Form::text, "", true},
  SinkKey{"events", Form::choices, "alert", false, 0, 0, "alert|incident"},
  SinkKey{"format", Form::choice, "rfc5424", false, 0, 0, "rfc5424|cef"},
  SinkKey{"facility", Form::choice, "local0", false, 0, 0,
          "kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|audit|local0|local1|local2|local3|local4|local5|local6|local7"},
  SinkKey{"longest", Form::whole, "2048", false, 480, 65'000}, kMinSeverity, kSpool};

constexpr SinkKey kPage{"page", Form::text};
constexpr SinkKey kTimeout{"timeout_s", Form::real, "10", false, 0.1, 300};
constexpr std::array kWebhook = {
  SinkKey{"url", Form::text, "", true},
  SinkKey{"template", Form::choice, "generic", false, 0, 0, "generic|slack|mattermost|teams|discord|text"},
  SinkKey{"events", Form::choices, "incident", false, 0, 0, "incident|alert"}, kMinSeverity, kPage,
  SinkKey{"signing_key"}, SinkKey{"authorization"}, SinkKey{"ca_file"}, SinkKey{"proxy"},
  SinkKey{"allow_http", Form::flag, "false"}, kTimeout, kSpool};
constexpr std::array kKafka = {
  SinkKey{"brokers", Form::text, "", true}, SinkKey{"topic", Form::text, "", true},
  SinkKey{"key", Form::choice, "actor", false, 0, 0, "actor|id"},
  SinkKey{"events", Form::choices, "incident,alert", false, 0, 0, "incident|alert|anomaly|flow|stats"}, kMinSeverity, kStatsEvery,
  kPage, kTimeout, SinkKey{"properties", Form::table}, kSpool};

constexpr std::array kKinds = {Kind{"eve-file", kEveFile}, Kind{"eve-socket", kEveSocket}, Kind{"syslog", kSyslog},
                               Kind{"webhook", kWebhook}, Kind{"kafka", kKafka}};
// clang-format on

const Kind* find_kind(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &Kind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

// A key of a table stands for all of them: "properties.client.id" is found as "properties".
const SinkKey* find_key(const Kind& kind, std::string_view name) {
  const auto found = std::ranges::find_if(kind.keys, [&](const SinkKey& key) {
    return key.name == name || (key.form == Form::table && name.starts_with(std::string(key.name) + "."));
  });
  return found == kind.keys.end() ? nullptr : &*found;
}

bool is_choice(std::string_view choices, std::string_view value) {
  const std::string padded = fmt::format("|{}|", choices);
  return !value.empty() && padded.find(fmt::format("|{}|", value)) != padded.npos;
}

std::string in_words(std::string_view choices) {
  std::string words(choices);
  for (std::size_t at = 0; (at = words.find('|', at)) != words.npos; at += 2) words.replace(at, 1, ", ");
  return words;
}

template <class Number>
bool reads_as(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

base::Result<> check_number(const SinkKey& key, std::string_view value) {
  double number = 0;
  std::uint64_t whole = 0;
  const bool reads = key.form == Form::whole ? reads_as(value, whole) : reads_as(value, number);
  if (!reads) {
    return base::fail(
        fmt::format("{} = \"{}\" is not a {}number", key.name, value, key.form == Form::whole ? "whole " : ""));
  }
  if (key.form == Form::whole) number = static_cast<double>(whole);
  if (number >= key.min && number <= key.max) return {};
  return base::fail(
      fmt::format("{} = {} is out of range: it must be from {} to {}", key.name, value, key.min, key.max));
}

base::Result<> check_value(const SinkKey& key, std::string_view value) {
  switch (key.form) {
    case Form::text:
    case Form::table: return {};
    case Form::whole:
    case Form::real: return check_number(key, value);
    case Form::flag:
      if (value == "true" || value == "false") return {};
      return base::fail(fmt::format("{} = \"{}\" is not true or false", key.name, value));
    case Form::choice:
      if (is_choice(key.choices, value)) return {};
      return base::fail(fmt::format("{} = \"{}\" is not one of {}", key.name, value, in_words(key.choices)));
    case Form::choices:
      for (const std::string& part : split_list(value)) {
        if (is_choice(key.choices, part)) continue;
        return base::fail(fmt::format("{}: \"{}\" is not one of {}", key.name, part, in_words(key.choices)));
      }
      if (split_list(value).empty())
        return base::fail(fmt::format("{} must name at least one of {}", key.name, in_words(key.choices)));
      return {};
  }
  return {};
}

base::Result<> check_keys(const SinkConfig& sink, const Kind& kind) {
  for (const auto& [name, value] : sink.values) {
    const SinkKey* key = find_key(kind, name);
    if (key == nullptr) {
      std::vector<std::string_view> known;
      for (const SinkKey& one : kind.keys) known.push_back(one.name);
      return base::fail(fmt::format("there is no key {} for {}{}", name, kind.name, nearest_hint(name, known)));
    }
    if (auto sound = check_value(*key, value); !sound) return sound;
  }
  for (const SinkKey& key : kind.keys) {
    const auto given = sink.values.find(std::string(key.name));
    if (key.required && (given == sink.values.end() || given->second.empty())) {
      return base::fail(fmt::format("{} is missing", key.name));
    }
  }
  return {};
}

bool is_folder_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, fits);
}

base::Result<> check_sink(const SinkConfig& sink) {
  if (!is_folder_name(sink.name)) {
    return base::fail(fmt::format(
        "[[sink]] name = \"{}\": it must have a name of lower-case letters, digits, - and _, 40 at most", sink.name));
  }
  const Kind* kind = find_kind(sink.kind);
  if (kind == nullptr) {
    std::vector<std::string_view> known;
    known.reserve(kKinds.size());
    for (const Kind& one : kKinds) known.push_back(one.name);
    return base::fail(
        fmt::format("sink {}: kind = \"{}\" is not one of {}", sink.name, sink.kind, fmt::join(known, ", ")));
  }
  if (auto sound = check_keys(sink, *kind); !sound) return base::fail_within("sink " + sink.name, sound);
  return {};
}

}  // namespace

std::string SinkConfig::text(std::string_view key) const {
  if (const auto given = values.find(std::string(key)); given != values.end()) return given->second;
  const SinkKey* known = find_key(*find_kind(kind), key);
  WEIR_CHECK(known != nullptr);
  return std::string(known->preset);
}

std::uint64_t SinkConfig::number(std::string_view key) const {
  std::uint64_t number = 0;
  WEIR_CHECK(reads_as(text(key), number));
  return number;
}

double SinkConfig::seconds(std::string_view key) const {
  double number = 0;
  WEIR_CHECK(reads_as(text(key), number));
  return number;
}

bool SinkConfig::flag(std::string_view key) const { return text(key) == "true"; }

std::vector<std::string> SinkConfig::list(std::string_view key) const { return split_list(text(key)); }

std::map<std::string, std::string> SinkConfig::below(std::string_view prefix) const {
  std::map<std::string, std::string> found;
  for (const auto& [key, value] : values) {
    if (key.starts_with(prefix)) found[key.substr(prefix.size())] = value;
  }
  return found;
}

base::Result<> check_sinks(const std::vector<SinkConfig>& sinks) {
  std::set<std::string> names;
  for (const SinkConfig& sink : sinks) {
    if (auto sound = check_sink(sink); !sound) return sound;
    if (!names.insert(sink.name).second) return base::fail(fmt::format("two sinks have the name {}", sink.name));
  }
  return {};
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string print_sinks(const std::vector<SinkConfig>& sinks) {
  std::string out;
  for (const SinkConfig& sink : sinks) {
    out += fmt::format("\n[[sink]]\nname = {}\nkind = {}\n", toml_text(sink.name), toml_text(sink.kind));
    for (const SinkKey& key : find_kind(sink.kind)->keys) {
      if (key.form == Form::table) continue;
      const std::string value = sink.text(key.name);
      if (key.form == Form::choices) {
        std::vector<std::string> parts;
        for (const std::string& part : split_list(value)) parts.push_back(toml_text(part));
        out += fmt::format("{} = [{}]\n", key.name, fmt::join(parts, ", "));
      } else if (key.form == Form::text || key.form == Form::choice) {
        out += fmt::format("{} = {}\n", key.name, toml_text(value));
      } else {
        out += fmt::format("{} = {}\n", key.name, value);
      }
    }
    for (const SinkKey& key : find_kind(sink.kind)->keys) {
      if (key.form != Form::table) continue;
      for (const auto& [name, value] : sink.below(std::string(key.name) + ".")) {
        out += fmt::format("{}.{} = {}\n", key.name, toml_text(name), toml_text(value));
      }
    }
  }
  return out;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const auto first = part.find_first_not_of(' ');
    if (first != std::string_view::npos) parts.emplace_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    begin = end + 1;
  }
  return parts;
}

}  // namespace weir::app
