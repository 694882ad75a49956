// SPDX-License-Identifier: Apache-2.0
#include "sinks/syslog_message.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "alerting/incident_story.h"
#include "base/rfc3339.h"
#include "sinks/event.h"

namespace weir::sinks {

namespace {

constexpr std::array<std::string_view, 24> kFacilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                          "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                          "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                          "local2", "local3", "local4", "local5", "local6",   "local7"};

constexpr std::size_t kLongestName = 64;  // of a sensor, a model, an attack type
constexpr std::size_t kLongestStory = 1000;

using Fields = std::vector<std::pair<std::string_view, std::string>>;

int syslog_severity(alerting::Severity severity) {
  switch (severity) {
    case alerting::Severity::critical: return 2;
    case alerting::Severity::high: return 3;
    case alerting::Severity::medium: return 4;
    case alerting::Severity::low: return 5;
    default: return 6;
  }
}

int cef_severity(alerting::Severity severity) {  // 0 to 10
  constexpr std::array kOf = {1, 3, 5, 8, 10};
  return kOf[static_cast<std::size_t>(severity)];
}

std::string time(base::Timestamp at) { return base::format_time(base::with_four_digit_year(at)); }

// One word of ASCII, for the header.
std::string word(std::string_view text, std::size_t longest) {
  std::string word;
  for (const char c : text.substr(0, longest)) word += c > ' ' && c < 0x7f ? c : '_';
  return word.empty() ? "-" : word;
}

// The bytes of the character at the front; 0: it is no UTF-8.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t length = byte(0) < 0x80    ? 1
                             : byte(0) < 0xc2  ? 0
                             : byte(0) < 0xe0  ? 2
                             : byte(0) < 0xf0  ? 3
                             : byte(0) <= 0xf4 ? 4
                                               : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  const bool wrong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0) ||
                     (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90);
  const bool control = byte(0) == 0xc2 && byte(1) < 0xa0;  // the second set of them
  return wrong || control ? 0 : length;
}

std::string escaped(std::string_view text, std::string_view specials) {
  std::string out;
  for (const char c : text) {
    if (specials.find(c) != specials.npos) out += '\\';
    out += c;
  }
  return out;
}

std::string name(std::string_view text) { return printable(text, kLongestName); }

// One of them, when they are few enough to be known by name.
std::string first_of(const alerting::AddressSet& set) {
  const auto sorted = set.sorted();
  return sorted.empty() ? "" : sorted.begin()->to_string();
}

std::string in_words(const alerting::Detection& d) {
  return fmt::format("{} ({}): {}", name(type_of(d)), to_string(d.severity), flow_id(d.flow));
}

// The most important first.
Fields facts(const alerting::Detection& d) {
  const flow::FlowIdentity& f = d.flow;
  return {{"flow_uid", f.uid.to_string()},
          {"src_ip", f.src_ip.to_string()},
          {"src_port", std::to_string(f.src_port)},
          {"dst_ip", f.dst_ip.to_string()},
          {"dst_port", std::to_string(f.dst_port)},
          {"protocol", flow::protocol_name(f.protocol)},
          {"attack_type", name(type_of(d))},
          {"severity", std::string(to_string(d.severity))},
          {"sensor", name(d.sensor)},
          {"community_id", community_id(f)},
          {"technique", name(d.technique)},
          {"score", fmt::format("{}", d.verdict.score)},
          {"packets", std::to_string(f.packets)},
          {"bytes", std::to_string(f.bytes)},
          {"model", name(d.model_version)}};
}

// Bytes count as ArcSight means them: `in` from source to destination, `out` the other way.
Fields extension(const alerting::Detection& d) {
  const flow::FlowIdentity& f = d.flow;
  const auto ms = [](base::Timestamp at) { return std::to_string(base::to_us(at) / 1000); };
  const bool v6 = f.ip_version == 6;
  Fields fields = {{"externalId", f.uid.to_string()},
                   {"rt", ms(d.alerted_at.value_or(f.last))},
                   {v6 ? "c6a2" : "src", f.src_ip.to_string()},
                   {"spt", std::to_string(f.src_port)},
                   {v6 ? "c6a3" : "dst", f.dst_ip.to_string()},
                   {"dpt", std::to_string(f.dst_port)},
                   {"proto", flow::protocol_name(f.protocol)},
                   {"dvchost", name(d.sensor)},
                   {"start", ms(f.started)},
                   {"end", ms(f.last)},
                   {"in", std::to_string(f.bytes - std::min(f.bytes, f.bytes_back))},
                   {"out", std::to_string(f.bytes_back)},
                   {"cs1", community_id(f)},
                   {"cs1Label", "communityId"},
                   {"cfp1", fmt::format("{}", d.verdict.score)},
                   {"cfp1Label", "score"},
                   {"cn1", std::to_string(f.packets)},
                   {"cn1Label", "packets"}};
  if (v6) {
    fields.insert(fields.begin() + 6,
                  {{"c6a2Label", "Source IPv6 Address"}, {"c6a3Label", "Destination IPv6 Address"}});
  }
  if (!d.technique.empty()) {
    fields.emplace_back("cs2", name(d.technique));
    fields.emplace_back("cs2Label", "technique");
  }
  return fields;
}

// The most important first.
Fields facts(const IncidentNews& news) {
  const alerting::Incident& i = news.incident;
  return {{"incident_id", i.id},
          {"event_id", news_key(news)},
          {"change", std::string(to_string(news.change))},
          {"attack_type", name(i.attack_type)},
          {"severity", std::string(to_string(i.severity))},
          {"state", std::string(to_string(i.state))},
          {"flows", std::to_string(i.flows)},
          {"actors", std::to_string(i.actors.count())},
          {"actor", first_of(i.actors)},
          {"targets", std::to_string(i.targets.count())},
          {"target", first_of(i.targets)},
          {"ports", std::to_string(i.ports.count())},
          {"sensor", name(news.sensor)},
          {"technique", name(i.technique)},
          {"first_at", time(i.first_at)},
          {"last_at", time(i.last_at)},
          {"packets", std::to_string(i.packets)},
          {"bytes", std::to_string(i.bytes)},
          {"by", name(i.state_by)}};
}

Fields extension(const IncidentNews& news) {
  const alerting::Incident& i = news.incident;
  const auto ms = [](base::Timestamp at) { return std::to_string(base::to_us(at) / 1000); };
  const std::string actor = first_of(i.actors), target = first_of(i.targets);
  const bool v6 = (actor + target).find(':') != std::string::npos;
  return {{"externalId", i.id},
          {"act", std::string(to_string(news.change))},
          {"cnt", std::to_string(i.flows)},
          {v6 ? "c6a2" : "src", actor},
          {v6 ? "c6a3" : "dst", target},
          {"dvchost", name(news.sensor)},
          {"start", ms(i.first_at)},
          {"end", ms(i.last_at)},
          {"rt", ms(i.updated_at)},
          {"cs3", news_key(news)},
          {"cs3Label", "eventId"},
          {"cn2", std::to_string(i.targets.count())},
          {"cn2Label", "targets"},
          {"cn3", std::to_string(i.actors.count())},
          {"cn3Label", "actors"},
          {"cs2", name(i.technique)},
          {"cs2Label", i.technique.empty() ? "" : "technique"},
          {"c6a2Label", v6 && !actor.empty() ? "Source IPv6 Address" : ""},
          {"c6a3Label", v6 && !target.empty() ? "Destination IPv6 Address" : ""},
          {"msg", printable(news.story, kLongestStory)}};
}

// What a message holds before it has a form.
struct Content {
  base::Timestamp at;
  std::string_view id;  // of the message's kind
  alerting::Severity severity;
  std::string type, words;
  Fields facts, extension;
};

std::string structured(const Content& content, std::size_t longest) {
  std::string data = "[weir@32473";
  for (const auto& [key, value] : content.facts) {
    if (value.empty()) continue;
    const std::string field = fmt::format(" {}=\"{}\"", key, escaped(value, "\"\\]"));
    if (data.size() + field.size() + 1 > longest) break;
    data += field;
  }
  return data + "]";
}

std::string cef(const Content& content, const SyslogOrigin& origin, std::size_t longest) {
  const auto header = [](std::string_view text) { return escaped(text, "|\\"); };
  std::string text = fmt::format("CEF:0|weir|weir|{}|{}|{}|{}|", header(name(origin.version)), header(content.type),
                                 header((content.id == "incident" ? "WEIR incident: " : "WEIR ") + content.type),
                                 cef_severity(content.severity));
  std::string_view space;
  for (const auto& [key, value] : content.extension) {
    if (value.empty()) continue;
    const std::string field = fmt::format("{}{}={}", space, key, escaped(value, "=\\"));
    if (text.size() + field.size() > longest) break;
    text += field;
    space = " ";
  }
  return text;
}

std::string message_of(const Content& content, const SyslogOrigin& origin, SyslogFormat format) {
  std::string message = fmt::format("<{}>1 {} {} weir {} {} ", origin.facility * 8 + syslog_severity(content.severity),
                                    time(content.at), word(origin.hostname, 255), origin.process_id, content.id);
  const auto room = [&] { return origin.longest - std::min(origin.longest, message.size()); };
  if (format == SyslogFormat::cef) {
    message += "- ";
    message += cef(content, origin, room());
  } else {
    message += structured(content, room());
    if (room() > 1) message += " " + printable(content.words, room() - 1);
  }
  return message;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character(text);
    const unsigned char first = static_cast<unsigned char>(text.front());
    const bool replaced = length == 0 || first < ' ' || first == 0x7f;
    const std::string_view next = replaced ? std::string_view(" ") : text.substr(0, length);
    if (out.size() + next.size() > longest) break;
    out += next;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

int syslog_facility(std::string_view name) {
  const auto found = std::ranges::find(kFacilities, name);
  return found == kFacilities.end() ? 16 : static_cast<int>(found - kFacilities.begin());
}

std::string syslog_message(const alerting::Detection& detection, const SyslogOrigin& origin, SyslogFormat format) {
  return message_of({.at = detection.alerted_at.value_or(detection.flow.last),
                     .id = "alert",
                     .severity = detection.severity,
                     .type = name(type_of(detection)),
                     .words = in_words(detection),
                     .facts = facts(detection),
                     .extension = extension(detection)},
                    origin, format);
}

std::string syslog_message(const IncidentNews& news, const SyslogOrigin& origin, SyslogFormat format) {
  return message_of(
      {.at = news.incident.updated_at,
       .id = "incident",
       .severity = news.incident.severity,
       .type = name(news.incident.attack_type),
       .words = fmt::format("{}: {}. {}", to_string(news.change), alerting::title(news.incident), news.story),
       .facts = facts(news),
       .extension = extension(news)},
      origin, format);
}

}  // namespace weir::sinks
