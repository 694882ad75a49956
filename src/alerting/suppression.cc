// SPDX-License-Identifier: Apache-2.0
#include "alerting/suppression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "alerting/incident.h"

namespace weir::alerting {

namespace {

using Json = nlohmann::ordered_json;
using std::chrono::minutes;

constexpr std::size_t kMaxText = 100;

std::optional<minutes> parse_clock(std::string_view text) {  // "22:00"
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  int hour = 0, minute = 0;
  const auto [hour_end, hour_error] = std::from_chars(text.data(), text.data() + 2, hour);
  const auto [end, error] = std::from_chars(text.data() + 3, text.data() + 5, minute);
  const bool read =
      hour_error == std::errc() && hour_end == text.data() + 2 && error == std::errc() && end == text.data() + 5;
  if (!read || hour < 0 || hour > 24 || minute < 0 || minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
  return minutes(hour * 60 + minute);
}

bool has_ports(std::uint8_t protocol) { return protocol == 6 || protocol == 17 || protocol == 132; }

// One condition of a rule as JSON: its name, how it is written, and how it is read (false: not what it should be).
struct Condition {
  std::string_view name, expected;
  std::function<Json(const SuppressionRule&)> write;  // null: not set
  std::function<bool(const Json&, SuppressionRule&)> read;
};

template <class Value, class Parse>
Condition text_condition(std::string_view name, std::string_view expected,
                         std::optional<Value> SuppressionRule::* member, Parse parse) {
  const auto write = [member](const SuppressionRule& rule) -> Json {
    if (!(rule.*member)) return nullptr;
    if constexpr (std::is_same_v<Value, std::string>) {
      return *(rule.*member);
    } else {
      return (rule.*member)->to_string();
    }
  };
  const auto read = [member, parse](const Json& json, SuppressionRule& rule) {
    if (!json.is_string()) return false;
    rule.*member = parse(json.get_ref<const std::string&>());
    return (rule.*member).has_value();
  };
  return {name, expected, write, read};
}

std::optional<std::string> short_text(std::string_view text) {
  if (text.empty() || text.size() > kMaxText) return std::nullopt;
  return std::string(text);
}

std::optional<PortSet> some_ports(std::string_view text) {
  auto ports = PortSet::parse(text);
  if (ports && ports->empty()) return std::nullopt;
  return ports;
}

const std::vector<Condition>& conditions() {
  constexpr std::string_view kNetwork = "an address or a network such as \"10.0.0.0/8\"";
  static const std::vector<Condition> all = {
      text_condition("source", kNetwork, &SuppressionRule::source, base::IpNetwork::parse),
      text_condition("destination", kNetwork, &SuppressionRule::destination, base::IpNetwork::parse),
      text_condition("host", kNetwork, &SuppressionRule::host, base::IpNetwork::parse),
      text_condition("ports", "ports such as \"22,8000-8080\"", &SuppressionRule::ports, some_ports),
      {"protocol", "a protocol number from 0 to 255",
       [](const SuppressionRule& rule) { return rule.protocol ? Json(*rule.protocol) : Json(); },
       [](const Json& json, SuppressionRule& rule) {
         if (!json.is_number_integer() || json < 0 || json > 255) return false;
         rule.protocol = json.get<std::uint8_t>();
         return true;
       }},
      text_condition("attack_type", "a text of 1 to 100 bytes", &SuppressionRule::attack_type, short_text),
      {"below_margin", "a number",
       [](const SuppressionRule& rule) { return rule.below_margin ? Json(*rule.below_margin) : Json(); },
       [](const Json& json, SuppressionRule& rule) {
         if (!json.is_number()) return false;
         rule.below_margin = json.get<float>();
         return std::isfinite(*rule.below_margin);
       }},
      text_condition("time_of_day", "a stretch of the day in UTC such as \"22:00-06:00\"",
                     &SuppressionRule::time_of_day, TimeOfDay::parse),
      text_condition("sensor", "a text of 1 to 100 bytes", &SuppressionRule::sensor, short_text),
  };
  return all;
}

}  // namespace

bool TimeOfDay::contains(base::Timestamp at) const {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const auto time = std::chrono::floor<minutes>(at - day);
  if (from == to) return true;
  return from < to ? time >= from && time < to : time >= from || time < to;
}

std::string TimeOfDay::to_string() const {
  return fmt::format("{:02}:{:02}-{:02}:{:02}", from.count() / 60, from.count() % 60, to.count() / 60, to.count() % 60);
}

std::optional<TimeOfDay> TimeOfDay::parse(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto from = parse_clock(text.substr(0, 5)), to = parse_clock(text.substr(6));
  if (!from || !to) return std::nullopt;
  return TimeOfDay{*from, *to};
}

bool SuppressionRule::matches(const Detection& detection) const {
  const flow::FlowIdentity& flow = detection.flow;
  return (!source || source->contains(flow.src_ip)) && (!destination || destination->contains(flow.dst_ip)) &&
         (!host || host->contains(flow.src_ip) || host->contains(flow.dst_ip)) &&
         (!ports || (has_ports(flow.protocol) && ports->contains(flow.dst_port))) &&
         (!protocol || *protocol == flow.protocol) && (!attack_type || *attack_type == incident_class(detection)) &&
         (!below_margin || detection.verdict.margin < *below_margin) &&
         (!time_of_day || time_of_day->contains(flow.started)) && (!sensor || *sensor == detection.sensor);
}

std::string to_json(const SuppressionRule& rule) {
  Json json = Json::object();
  for (const Condition& condition : conditions()) {
    if (Json value = condition.write(rule); !value.is_null()) json[std::string(condition.name)] = std::move(value);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<SuppressionRule> parse_suppression_rule(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return base::fail("a rule is a JSON object of conditions");
  SuppressionRule rule;
  for (const auto& [name, value] : json.items()) {
    const auto known = std::find_if(conditions().begin(), conditions().end(),
                                    [&name = name](const Condition& condition) { return condition.name == name; });
    if (known == conditions().end()) return base::fail(fmt::format("'{}' is no condition of a rule", name));
    if (value.is_null()) continue;
    if (!known->read(value, rule)) return base::fail(fmt::format("'{}' must be {}", name, known->expected));
  }
  if (rule.is_empty()) return base::fail("a rule needs at least one condition, or it would hide everything");
  return rule;
}

std::string in_words(const SuppressionRule& rule) {
  std::string words;
  const auto add = [&words](std::string part) { words += (words.empty() ? "" : ", ") + std::move(part); };
  if (rule.source) add("source " + rule.source->to_string());
  if (rule.destination) add("destination " + rule.destination->to_string());
  if (rule.host) add("host " + rule.host->to_string());
  if (rule.ports) add("ports " + rule.ports->to_string());
  if (rule.protocol) add("protocol " + flow::protocol_name(*rule.protocol));
  if (rule.attack_type) add("attack type " + *rule.attack_type);
  if (rule.below_margin) add(fmt::format("margin below {}", *rule.below_margin));
  if (rule.time_of_day) add(rule.time_of_day->to_string() + " UTC");
  if (rule.sensor) add("sensor " + *rule.sensor);
  return words;
}

void Suppressions::set(std::vector<Suppression> all) {
  auto fresh = std::make_shared<const std::vector<Suppression>>(std::move(all));
  std::lock_guard lock(mutex_);
  users_.swap(fresh);
}

void Suppressions::set_built_in(std::vector<Suppression> all) {
  auto fresh = std::make_shared<const std::vector<Suppression>>(std::move(all));
  std::lock_guard lock(mutex_);
  built_in_.swap(fresh);
}

std::string Suppressions::first_match(const Detection& detection, base::Timestamp now) const {
  Rules users, built_in;
  {
    std::lock_guard lock(mutex_);
    users = users_;
    built_in = built_in_;
  }
  for (const Rules& rules : {built_in, users}) {
    for (const Suppression& one : *rules) {
      if (one.is_active(now) && one.rule.matches(detection)) return one.id;
    }
  }
  return {};
}

}  // namespace weir::alerting
