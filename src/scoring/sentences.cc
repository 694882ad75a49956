// SPDX-License-Identifier: Apache-2.0
#include "scoring/sentences.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "features/schema.h"

namespace weir::scoring {

namespace {

using features::FeatureSpec;

// Three significant digits, no exponent, thousands apart.
std::string number(double value) {
  if (value != 0 && std::abs(value) < 0.01) return fmt::format("{:.1g}", value);
  if (std::abs(value) < 100) {
    std::string text = fmt::format("{:.2f}", value);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
  }
  std::string text = fmt::format("{:.0f}", value);
  const std::ptrdiff_t first = value < 0 ? 1 : 0;
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > first; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

struct Step {
  double size;
  std::string_view name;
};

template <std::size_t N>
std::string scaled(double value, const std::array<Step, N>& steps) {
  const auto fits = [&](const Step& step) { return std::abs(value) >= step.size; };
  const auto step = std::find_if(steps.begin(), steps.end(), fits);
  const Step& chosen = step == steps.end() ? steps.back() : *step;
  return fmt::format("{} {}", number(value / chosen.size), chosen.name);
}

constexpr std::array<Step, 4> kTimes = {{{60e6, "min"}, {1e6, "s"}, {1e3, "ms"}, {1, "us"}}};
constexpr std::array<Step, 4> kBytes = {{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "bytes"}}};

// A mean is below one byte when nearly all carry nothing: "0.02 bytes" says no more than "0 bytes".
double whole_bytes(double value) { return std::abs(value) < 1000 ? std::round(value) : value; }

double from_log2(double value) { return std::exp2(value) - 1; }

// "src_ports_10s" -> who, what, window.
struct HostName {
  std::string_view key, what, window;
};

HostName parse_host_name(std::string_view name) {
  HostName parsed;
  const std::size_t first = name.find('_');
  parsed.key = name.substr(0, first);
  parsed.what = name.substr(first + 1);
  for (const std::string_view window : {"10s", "60s"}) {
    if (!parsed.what.ends_with(window)) continue;
    parsed.window = window.substr(0, 2);
    parsed.what.remove_suffix(window.size() + 1);
  }
  return parsed;
}

// {who} and so on are filled in; a template stands for the feature of this name, whatever its key and window.
struct Template {
  std::string_view what;
  std::string_view text;
};

constexpr Template kTemplates[] = {
    {"flows", "{who} {verb} {value}{to} in {window} s"},
    {"peers", "{who} {had} to do with {value} different hosts in {window} s"},
    {"ports", "{who} {asked} {value} different ports in {window} s"},
    {"peers_per_flow", "{value} of the connections {of} within {window} s had a new host at the other end"},
    {"ports_per_flow", "{value} of the connections {of} within {window} s asked a new port"},
    {"unanswered_share", "{value} of the connections {of} within {window} s got no answer"},
    {"refused_share", "{value} of the connections {of} within {window} s were refused"},
    {"empty_share", "{value} of the connections {of} within {window} s carried no data"},
    {"packets", "{value} packets {of} in {window} s"},
    {"fwd_bytes", "the asking side sent {value} {of} in {window} s"},
    {"bwd_bytes", "the asked side sent {value} {of} in {window} s"},
    {"out_share", "{value} of the data {of} within {window} s went out, from the side that asked"},
    {"bytes_per_packet", "a packet {of} carried {value} on average in {window} s"},
    {"bytes_per_row", "a connection {of} moved {value} on average within {window} s"},
    {"errors", "the source was told {value} times in {window} s that something cannot be reached"},
    {"errors_per_flow",
     "for each connection of the source in {window} s there were {value} reports that something cannot be reached"},
    {"open", "{value} answered connections {of} are held open"},
    {"peer_concentration",
     "the hosts at the other end of the connections {of} repeat: two of {window} s are the same with {value} chance"},
    {"port_concentration", "two connections {of} within {window} s asked the same port with {value} chance"},
    {"size_concentration",
     "two connections {of} within {window} s began with the same amount of data with {value} chance"},
    {"recent_flows", "{value} connections {of} are known"},
    {"recent_gap_mean", "a connection {of} begins every {value}"},
    {"recent_gap_std", "the gaps between the connections {of} vary by a factor of {value}"},
    {"recent_fwd_mean", "the asking side sent {value} in a session {of}"},
    {"recent_fwd_std", "what the asking side sent in the last sessions {of} varies by a factor of {value}"},
    {"recent_bwd_mean", "the asked side sent {value} in a session {of}"},
    {"recent_bwd_std", "what the asked side sent in the last sessions {of} varies by a factor of {value}"},
    {"recent_time_mean", "a session {of} lasted {value}"},
    {"recent_time_std", "the duration of the last sessions {of} varies by a factor of {value}"},
    {"recent_unanswered_share", "{value} of the last connections {of} got no answer"},
    {"recent_refused_share", "{value} of the last connections {of} were refused"},
    {"recent_peer_changes",
     "{value} of the last connections {of} had another host at the other end than the one before"},
    {"recent_port_changes", "{value} of the last connections {of} asked another port than the one before"},
    {"share_of_src_flows", "{value} of the source's connections of {window} s went to this destination"},
    {"share_of_dst_flows", "{value} of the destination's connections of {window} s came from this source"},
    {"share_of_dst_packets", "{value} of the destination's packets of {window} s had to do with this source"},
};

// Of a flow by itself, by the whole name; for the others the catalogue's meaning does.
constexpr Template kFlowTemplates[] = {
    {"flow_duration_us", "the flow lasted {value}"},
    {"connection_time_us", "the connection has lasted {value}"},
    {"fwd_packets", "the source sent {value}"},
    {"bwd_packets", "the destination sent {value}"},
    {"fwd_payload_bytes", "the source sent {value} of data"},
    {"bwd_payload_bytes", "the destination sent {value} of data"},
    {"fwd_payload_max_bytes", "the fullest packet of the source carried {value}"},
    {"bwd_payload_max_bytes", "the fullest packet of the destination carried {value}"},
    {"fwd_payload_mean_bytes", "a packet of the source carried {value} on average"},
    {"bwd_payload_mean_bytes", "a packet of the destination carried {value} on average"},
    {"fwd_data_packets", "{value} of the source carried data"},
    {"bwd_data_packets", "{value} of the destination carried data"},
    {"flow_payload_bytes_per_s", "the flow moved {value}"},
    {"flow_packets_per_s", "the flow moved {value}"},
    {"fwd_packets_per_s", "the source sent {value} in this flow"},
    {"bwd_packets_per_s", "the destination sent {value} in this flow"},
    {"bwd_fwd_packet_ratio", "for each packet of the source the destination sent {value}"},
    {"fwd_bulk_mean_bytes", "the source sent data in bursts of {value}"},
    {"bwd_bulk_mean_bytes", "the destination sent data in bursts of {value}"},
    {"fwd_bulk_mean_packets", "the source sent data in bursts of {value}"},
    {"bwd_bulk_mean_packets", "the destination sent data in bursts of {value}"},
    {"fin_packets", "{value} had FIN set"},
    {"syn_packets", "{value} had SYN set"},
    {"rst_packets", "{value} had RST set"},
    {"retransmitted_packets", "{value} brought nothing new"},
};

struct KeyWords {
  std::string_view key, who, verb, to, had, asked, of;
};
constexpr KeyWords kKeys[] = {
    {"src", "the source", "opened", "", "had", "asked", "of the source"},
    {"dst", "the destination", "was sent", "", "had", "was asked for", "to the destination"},
    {"pair", "this source", "opened", " to this destination", "had", "asked this destination for",
     "from this source to this destination"},
    {"service", "this service", "was sent", "", "had", "was asked for", "to this service"},
};

void replace(std::string& text, std::string_view place, std::string_view by) {
  if (const std::size_t at = text.find(place); at != std::string::npos) text.replace(at, place.size(), by);
}

// How a value of this feature reads. Spreads of logarithms are factors; counts take their noun from the template.
std::string value_in_words(const FeatureSpec& spec, double value) {
  if (spec.family == features::Family::host) {
    const bool spread = spec.name.find("_std") != std::string_view::npos;
    if (spread) return number(std::exp2(value));
    if (spec.unit == "flows" && spec.name.find("_flows_") != std::string_view::npos) {
      return number(std::round(value)) + (std::round(value) == 1 ? " connection" : " connections");
    }
    if (spec.unit == "flows" || spec.unit == "packets" || spec.unit == "peers" || spec.unit == "ports") {
      return number(std::round(value));
    }
    if (spec.unit == "ratio" && spec.name.find("errors_per_flow") != std::string_view::npos) return number(value);
  }
  if (spec.unit == "ratio" && spec.family == features::Family::flow) return number(value);
  return in_words(value, spec.unit);
}

std::string host_text(const FeatureSpec& spec, const std::string& value) {
  const HostName name = parse_host_name(spec.name);
  const auto with = std::find_if(std::begin(kTemplates), std::end(kTemplates),
                                 [&](const Template& t) { return t.what == name.what; });
  const auto key =
      std::find_if(std::begin(kKeys), std::end(kKeys), [&](const KeyWords& words) { return words.key == name.key; });
  if (with == std::end(kTemplates) || key == std::end(kKeys)) return fmt::format("{} is {}", spec.meaning, value);
  std::string text(with->text);
  replace(text, "{who}", key->who);
  replace(text, "{verb}", key->verb);
  replace(text, "{to}", key->to);
  replace(text, "{had}", key->had);
  replace(text, "{asked}", key->asked);
  replace(text, "{of}", key->of);
  replace(text, "{window}", name.window);
  replace(text, "{value}", value);
  return text;
}

std::string flow_text(const FeatureSpec& spec, const std::string& value) {
  const auto with = std::find_if(std::begin(kFlowTemplates), std::end(kFlowTemplates),
                                 [&](const Template& t) { return t.what == spec.name; });
  if (with == std::end(kFlowTemplates)) return fmt::format("{}: {}", spec.meaning, value);
  std::string text(with->text);
  replace(text, "{value}", value);
  return text;
}

template <class Words>
std::string beside_normal(std::string text, float value, const FeatureBaseline& normal, Words words) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (value > normal.high) return fmt::format("{}; normal here is up to {}.", text, words(normal.high));
  if (value < normal.low) return fmt::format("{}; normal here is {} or more.", text, words(normal.low));
  return fmt::format("{}; {} is common here.", text, words(normal.median));
}

}  // namespace

std::string in_words(double value, std::string_view unit) {
  if (unit == "us") return scaled(value, kTimes);
  if (unit == "bytes") return scaled(whole_bytes(value), kBytes);
  if (unit == "bytes/s") return scaled(value, kBytes) + "/s";
  if (unit == "log2 us") return scaled(from_log2(value), kTimes);
  if (unit == "log2 bytes") return scaled(whole_bytes(from_log2(value)), kBytes);
  if (unit == "ratio") return number(std::round(value * 1000) / 10) + " %";
  if (unit.empty()) return number(value);
  if (value == 1 && unit.ends_with('s') && !unit.ends_with("/s")) unit.remove_suffix(1);
  return fmt::format("{} {}", number(value), unit);
}

std::string sentence(std::string_view feature, float value, const FeatureBaseline& normal) {
  const std::size_t index = features::find_feature(feature);
  if (index == features::kFeatureCount) {
    const auto plain = [](double x) { return number(x); };
    return beside_normal(fmt::format("{} is {}", feature, number(static_cast<double>(value))), value, normal, plain);
  }
  const FeatureSpec& spec = features::kFeatures[index];
  const auto words = [&](float x) { return value_in_words(spec, static_cast<double>(x)); };
  const bool host = spec.family == features::Family::host;
  const std::string text = host ? host_text(spec, words(value)) : flow_text(spec, words(value));
  return beside_normal(text, value, normal, words);
}

std::string sentence(const Reason& reason) {
  return sentence(reason.feature, reason.value, {.median = reason.median, .low = reason.low, .high = reason.high});
}

}  // namespace weir::scoring
