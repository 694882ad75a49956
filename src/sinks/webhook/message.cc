// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/message.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sinks/webhook/notice.h"

namespace weir::sinks {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::uint32_t colour_of(const Notice& notice) {
  constexpr std::pair<std::string_view, std::uint32_t> kColours[] = {
      {"critical", 0xB00020}, {"high", 0xE8590C}, {"medium", 0xF2B705}, {"low", 0x3B82F6}};
  const auto found =
      std::find_if(std::begin(kColours), std::end(kColours), [&](const auto& c) { return c.first == notice.severity; });
  return found == std::end(kColours) ? 0x868E96 : found->second;
}

std::string hex_colour(const Notice& notice) { return fmt::format("#{:06X}", colour_of(notice)); }

// What Slack reads as the beginning of a mention, a channel or a link.
std::string for_slack(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

// A backslash before each sign of Markdown that the tool lets one escape. A mention is broken by a space of no width: a
// backslash does not stop it everywhere.
std::string for_markdown(std::string_view text, std::string_view signs) {
  std::string out;
  for (const char c : text) {
    if (signs.find(c) != signs.npos) out += '\\';
    out += c;
    if (c == '@') out += "\u200B";
  }
  return out;
}

std::string for_mattermost(std::string_view text) { return for_markdown(text, "\\`*_{}[]()>#+-.!|~"); }
std::string for_discord(std::string_view text) { return for_markdown(text, "\\`*_{}[]()<>#+-.!|~:$&"); }

// In text that is never read as markup: objects of their own.
Json slack_text(std::string_view text) { return {{"type", "plain_text"}, {"text", for_slack(text)}, {"emoji", false}}; }

Json slack_attachment(const Notice& notice) {
  Json blocks = Json::array();
  blocks.push_back({{"type", "section"}, {"text", slack_text(headline(notice))}});
  if (!notice.story.empty()) blocks.push_back({{"type", "section"}, {"text", slack_text(notice.story)}});
  Json facts = Json::array();
  for (const auto& [name, value] : notice.facts) {
    if (facts.size() < 10) facts.push_back(slack_text(fmt::format("{}: {}", name, value)));
  }
  if (!facts.empty()) blocks.push_back({{"type", "context"}, {"elements", std::move(facts)}});
  if (!notice.url.empty()) {
    // The address of the page is the administrator's own.
    const std::string link = fmt::format("<{}|Open in weir>", for_slack(notice.url));
    blocks.push_back({{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", link}, {"verbatim", true}}}});
  }
  return {{"color", hex_colour(notice)}, {"fallback", for_slack(headline(notice))}, {"blocks", std::move(blocks)}};
}

Json slack(const std::vector<Notice>& notices) {
  Json attachments = Json::array();
  for (const Notice& notice : notices) attachments.push_back(slack_attachment(notice));
  return {{"text", fmt::format("weir: {} {}", notices.size(), notices.size() == 1 ? "message" : "messages")},
          {"unfurl_links", false},
          {"unfurl_media", false},
          {"attachments", std::move(attachments)}};
}

Json mattermost_attachment(const Notice& notice) {
  Json fields = Json::array();
  for (const auto& [name, value] : notice.facts) {
    fields.push_back({{"short", true}, {"title", for_mattermost(name)}, {"value", for_mattermost(value)}});
  }
  Json json = {{"fallback", for_mattermost(headline(notice))},
               {"color", hex_colour(notice)},
               {"title", for_mattermost(headline(notice))},
               {"text", for_mattermost(notice.story)},
               {"fields", std::move(fields)}};
  if (!notice.url.empty()) json["title_link"] = notice.url;
  return json;
}

Json mattermost(const std::vector<Notice>& notices) {
  Json attachments = Json::array();
  for (const Notice& notice : notices) attachments.push_back(mattermost_attachment(notice));
  return {{"attachments", std::move(attachments)}};
}

// A TextBlock reads Markdown, a TextRun does not.
Json teams_line(std::string_view text, const Json& style) {
  Json run = {{"type", "TextRun"}, {"text", text}};
  run.update(style);
  return {{"type", "RichTextBlock"}, {"inlines", Json::array({std::move(run)})}};
}

Json teams_items(const Notice& notice) {
  const bool grave = notice.severity == "critical" || notice.severity == "high";
  Json items = Json::array();
  items.push_back(teams_line(headline(notice), {{"weight", "Bolder"}, {"color", grave ? "Attention" : "Default"}}));
  if (!notice.story.empty()) items.push_back(teams_line(notice.story, Json::object()));
  for (const auto& [name, value] : notice.facts) {
    items.push_back(teams_line(fmt::format("{}: {}", name, value), {{"size", "Small"}, {"isSubtle", true}}));
  }
  if (!notice.url.empty()) {
    Json open = {{"type", "Action.OpenUrl"}, {"title", "Open in weir"}, {"url", notice.url}};
    items.push_back({{"type", "ActionSet"}, {"actions", Json::array({std::move(open)})}});
  }
  return items;
}

Json teams(const std::vector<Notice>& notices) {
  Json body = Json::array();
  for (const Notice& notice : notices) {
    body.push_back({{"type", "Container"}, {"separator", !body.empty()}, {"items", teams_items(notice)}});
  }
  Json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
               {"type", "AdaptiveCard"},
               {"version", "1.4"},
               {"msteams", {{"width", "Full"}}},
               {"body", std::move(body)}};
  Json attachment = {{"contentType", "application/vnd.microsoft.card.adaptive"},
                     {"contentUrl", nullptr},
                     {"content", std::move(card)}};
  return {{"type", "message"}, {"attachments", Json::array({std::move(attachment)})}};
}

// What is escaped may become twice as long: with these lengths an embed stays below the 6000 characters that it may have.
Json discord_embed(const Notice& notice) {
  Json fields = Json::array();
  for (const auto& [name, value] : notice.facts) {
    fields.push_back({{"name", for_discord(name)}, {"value", for_discord(clean(value, 120))}, {"inline", true}});
  }
  Json json = {{"title", for_discord(clean(headline(notice), 110))},
               {"description", for_discord(clean(notice.story, 1000))},
               {"color", colour_of(notice)},
               {"fields", std::move(fields)}};
  if (!notice.url.empty()) json["url"] = notice.url;
  return json;
}

Json discord(const std::vector<Notice>& notices) {
  Json embeds = Json::array();
  for (const Notice& notice : notices) embeds.push_back(discord_embed(notice));
  return {{"embeds", std::move(embeds)}, {"allowed_mentions", {{"parse", Json::array()}}}};
}

std::string text(const std::vector<Notice>& notices) {
  std::string out;
  for (const Notice& notice : notices) {
    if (!out.empty()) out += "\n";
    out += headline(notice) + "\n";
    if (!notice.story.empty()) out += notice.story + "\n";
    for (const auto& [name, value] : notice.facts) out += fmt::format("{}: {}\n", name, value);
    if (!notice.url.empty()) out += notice.url + "\n";
  }
  return out;
}

// The events as they are, so that what is signed is what was made.
std::string generic(std::span<const Record> records) {
  std::string out = R"({"type":"weir.events","version":1,"events":[)";
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i > 0) out += ',';
    out += nlohmann::json::accept(records[i].text) ? records[i].text : dump(Json(records[i].text));
  }
  return out + "]}";
}

}  // namespace

std::optional<MessageFormat> parse_message_format(std::string_view text) {
  constexpr std::array kAll = {MessageFormat::generic, MessageFormat::slack,   MessageFormat::mattermost,
                               MessageFormat::teams,   MessageFormat::discord, MessageFormat::text};
  std::string_view names = kMessageFormats;
  for (const MessageFormat format : kAll) {
    const std::size_t end = std::min(names.find('|'), names.size());
    if (names.substr(0, end) == text) return format;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return std::nullopt;
}

// A page of it stays readable, and within what the tool takes: Slack 50 blocks, Teams 28 KB, Discord 10 embeds of 6000
// characters in all.
std::size_t most_events(MessageFormat format) {
  switch (format) {
    case MessageFormat::generic: return 100;
    case MessageFormat::slack: return 10;
    case MessageFormat::mattermost: return 5;
    case MessageFormat::teams: return 3;
    case MessageFormat::discord: return 1;
    case MessageFormat::text: return 10;
  }
  return 1;
}

Message compose(MessageFormat format, std::span<const Record> records) {
  if (format == MessageFormat::generic) return {std::string(kJson), generic(records)};
  std::vector<Notice> notices;
  for (const Record& record : records) notices.push_back(notice_of(record.text));
  switch (format) {
    case MessageFormat::slack: return {std::string(kJson), dump(slack(notices))};
    case MessageFormat::mattermost: return {std::string(kJson), dump(mattermost(notices))};
    case MessageFormat::teams: return {std::string(kJson), dump(teams(notices))};
    case MessageFormat::discord: return {std::string(kJson), dump(discord(notices))};
    default: return {"text/plain; charset=utf-8", text(notices)};
  }
}

}  // namespace weir::sinks
