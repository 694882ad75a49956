// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/notice.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace weir::sinks {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostTitle = 200, kMostStory = 1500, kMostFact = 200, kPartiesShown = 5;
constexpr std::string_view kEllipsis = "…", kReplacement = "\xEF\xBF\xBD";

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;
};

// The first one; nothing when it is not UTF-8.
std::optional<Character> first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) return std::nullopt;
  char32_t code = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (next >> 6 != 2) return std::nullopt;
    code = code << 6 | (next & 0x3Fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  return Character{code, bytes};
}

bool is_blank(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x2028 || c == 0x2029;
}

// Controls, and what is not seen but changes how the rest is read (Trojan Source).
bool is_hidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
         (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  if (found == json.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json object_at(const Json& json, const char* name) {
  const auto found = json.is_object() ? json.find(name) : json.end();
  return found != json.end() && found->is_object() ? *found : Json::object();
}

void add_fact(Notice& notice, std::string name, const std::string& value) {
  if (!value.empty()) notice.facts.emplace_back(std::move(name), clean(value, kMostFact));
}

// "10.0.0.5, 10.0.0.6 and 12 more"
std::string parties(const Json& set) {
  const auto some = set.find("some");
  if (some == set.end() || !some->is_array()) return {};
  std::vector<std::string> shown;
  for (const Json& one : *some) {
    if (shown.size() < kPartiesShown && one.is_string()) shown.push_back(one.get<std::string>());
  }
  const auto count = set.find("count");
  const std::uint64_t all =
      count != set.end() && count->is_number_unsigned() ? count->get<std::uint64_t>() : shown.size();
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (all > shown.size()) text += fmt::format("{}{} more", shown.empty() ? "" : " and ", all - shown.size());
  return text;
}

Notice of_incident(const Json& event) {
  const Json incident = object_at(event, "incident");
  Notice notice;
  notice.title = clean(text_at(event, "title"), kMostTitle);
  notice.story = clean(text_at(event, "story"), kMostStory);
  notice.severity = clean(text_at(incident, "severity"), 20);
  notice.change = clean(text_at(event, "change"), 20);
  notice.url = text_at(event, "url");
  add_fact(notice, "From", parties(object_at(incident, "actors")));
  add_fact(notice, "To", parties(object_at(incident, "targets")));
  add_fact(notice, "Ports", text_at(object_at(incident, "ports"), "list"));
  add_fact(notice, "Flows", text_at(incident, "flows"));
  add_fact(notice, "First seen", text_at(incident, "first_at"));
  add_fact(notice, "Last seen", text_at(incident, "last_at"));
  add_fact(notice, "ATT&CK", text_at(incident, "technique"));
  add_fact(notice, "By", text_at(incident, "state_by"));
  add_fact(notice, "Comment", text_at(incident, "comment"));
  add_fact(notice, "Sensor", text_at(event, "sensor"));
  return notice;
}

// "10.0.0.5:51515", "[2001:db8::1]:443"
std::string end_point(const Json& event, const char* address, const char* port) {
  std::string ip = text_at(event, address);
  const std::string number = text_at(event, port);
  if (number.empty()) return ip;
  return ip.find(':') == std::string::npos ? fmt::format("{}:{}", ip, number) : fmt::format("[{}]:{}", ip, number);
}

Notice of_alert(const Json& event) {
  const Json alert = object_at(event, "alert"), own = object_at(event, "weir");
  Notice notice;
  notice.title = clean(text_at(alert, "signature"), kMostTitle);
  notice.severity = clean(text_at(own, "severity"), 20);
  add_fact(notice, "From", end_point(event, "src_ip", "src_port"));
  add_fact(notice, "To", end_point(event, "dest_ip", "dest_port"));
  add_fact(notice, "Protocol", text_at(event, "proto"));
  add_fact(notice, "Packets", text_at(own, "packets"));
  add_fact(notice, "Bytes", text_at(own, "bytes"));
  add_fact(notice, "Seen", text_at(event, "timestamp"));
  add_fact(notice, "Sensor", text_at(event, "host"));
  return notice;
}

}  // namespace

std::string clean(std::string_view text, std::size_t most) {
  std::string out;
  bool blank = false;
  while (!text.empty()) {
    const auto character = first_character(text);
    std::string_view shown = character ? text.substr(0, character->bytes) : kReplacement;
    text.remove_prefix(character ? character->bytes : 1);
    if (character && is_blank(character->code)) {
      blank = !out.empty();
      continue;
    }
    if (character && is_hidden(character->code)) continue;
    if (shown == ":" && text.starts_with("//")) shown = "[:]";
    if (out.size() + (blank ? 1 : 0) + shown.size() > most) {
      // Room for the sign that something is missing.
      std::size_t end = std::min(out.size(), most - std::min(most, kEllipsis.size()));
      while (end > 0 && end < out.size() && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
      return out.substr(0, end) + (most >= kEllipsis.size() ? std::string(kEllipsis) : std::string());
    }
    if (blank) out += ' ';
    blank = false;
    out += shown;
  }
  return out;
}

Notice notice_of(std::string_view event) {
  const Json json = Json::parse(event, nullptr, false);
  const std::string type = text_at(json, "event_type");
  if (type == "incident") return of_incident(json);
  if (type == "alert") return of_alert(json);
  Notice notice;
  notice.title = clean(event, kMostTitle);
  return notice;
}

std::string headline(const Notice& notice) {
  std::vector<std::string> words;
  if (!notice.severity.empty()) {
    words.push_back(notice.severity);
    for (char& c : words.back()) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (!notice.change.empty()) words.push_back(notice.change);
  return words.empty() ? notice.title : fmt::format("[{}] {}", fmt::join(words, ", "), notice.title);
}

}  // namespace weir::sinks
