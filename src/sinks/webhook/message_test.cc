// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include <nlohmann/json.hpp>

#include "sinks/webhook/answer.h"
#include "sinks/webhook/notice.h"

namespace weir::sinks {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json incident() {
  return {{"event_type", "incident"},
          {"event_id", "4d1f0c6aa1b2c3d4-1"},
          {"change", "opened"},
          {"sensor", "edge"},
          {"title", "Scan of 3 hosts by 10.0.0.5"},
          {"story", "10.0.0.5 asked 1,000 ports of 3 hosts."},
          {"incident",
           {{"severity", "high"},
            {"technique", "T1046"},
            {"flows", 1000},
            {"first_at", "2026-01-31T08:15:30.000125Z"},
            {"actors", {{"count", 1}, {"some", {"10.0.0.5"}}}},
            {"targets",
             {{"count", 7}, {"some", {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.6", "10.0.0.7"}}}}}},
          {"url", "https://weir.example.net/incidents/4d1f0c6aa1b2c3d4"}};
}

std::string body_of(MessageFormat format, const json& event) {
  const std::vector<Record> records = {{"k", event.dump()}};
  return compose(format, records).body;
}

constexpr MessageFormat kChats[] = {MessageFormat::slack, MessageFormat::mattermost, MessageFormat::teams,
                                    MessageFormat::discord, MessageFormat::text};

TEST(Message, the_generic_form_holds_the_events_as_they_are) {
  const std::vector<Record> records = {{"a", R"({"x": 1})"}, {"b", R"({"y":2})"}, {"c", "<34>1 no JSON \xff"}};
  const Message message = compose(MessageFormat::generic, records);
  EXPECT_EQ(message.content_type, "application/json");
  const json body = json::parse(message.body);
  EXPECT_EQ(body["type"], "weir.events");
  EXPECT_EQ(body["version"], 1);
  EXPECT_EQ(body["events"][0], json({{"x", 1}}));
  EXPECT_EQ(body["events"][2], "<34>1 no JSON \uFFFD");
  EXPECT_THAT(message.body, HasSubstr(R"({"x": 1})")) << "not written anew";
}

TEST(Message, every_chat_tells_what_happened_and_where_to_look) {
  for (const MessageFormat format : kChats) {
    const std::string body = body_of(format, incident());
    EXPECT_THAT(body, HasSubstr("HIGH, opened"));
    EXPECT_THAT(body, HasSubstr("https://weir.example.net/incidents/4d1f0c6aa1b2c3d4"));
    EXPECT_THAT(body, HasSubstr("T1046"));
    EXPECT_THAT(body, HasSubstr("edge"));
    EXPECT_THAT(body, HasSubstr("and 2 more"));
  }
}

TEST(Message, without_a_page_there_is_no_link) {
  json event = incident();
  event["url"] = nullptr;
  for (const MessageFormat format : kChats) {
    std::string body = body_of(format, event);
    const std::string schema = R"("$schema":"http://adaptivecards.io/schemas/adaptive-card.json",)";
    if (const auto at = body.find(schema); at != body.npos) body.erase(at, schema.size());
    EXPECT_THAT(body, Not(HasSubstr("http")));
  }
}

TEST(Message, plain_text_reads_well) {
  json event = incident();
  event["incident"].erase("targets");
  EXPECT_EQ(body_of(MessageFormat::text, event),
            "[HIGH, opened] Scan of 3 hosts by 10.0.0.5\n"
            "10.0.0.5 asked 1,000 ports of 3 hosts.\n"
            "From: 10.0.0.5\n"
            "Flows: 1000\n"
            "First seen: 2026-01-31T08:15:30.000125Z\n"
            "ATT&CK: T1046\n"
            "Sensor: edge\n"
            "https://weir.example.net/incidents/4d1f0c6aa1b2c3d4\n");
}

TEST(Message, single_alerts_have_a_form_of_their_own) {
  const json alert = {{"event_type", "alert"},
                      {"src_ip", "2001:db8::5"},
                      {"src_port", 51515},
                      {"dest_ip", "10.0.0.9"},
                      {"dest_port", 22},
                      {"proto", "TCP"},
                      {"alert", {{"signature", "WEIR brute_force"}}},
                      {"weir", {{"severity", "critical"}, {"packets", 12}}}};
  EXPECT_EQ(body_of(MessageFormat::text, alert),
            "[CRITICAL] WEIR brute_force\nFrom: [2001:db8::5]:51515\nTo: 10.0.0.9:22\nProtocol: TCP\nPackets: 12\n");
}

// Everything that is shown, with what tools read as commands.
json hostile(const std::string& text) {
  json event = incident();
  event["title"] = event["story"] = event["sensor"] = text;
  event["incident"]["technique"] = event["incident"]["comment"] = event["incident"]["severity"] = text;
  event["incident"]["actors"]["some"] = {text};
  return event;
}

TEST(Message, nobody_can_be_called_and_no_link_be_planted) {
  const json event =
      hostile("<!channel> @everyone @all <@U123> [pay](https://evil.example) <https://evil.example|x> **b** `c`");
  const std::string slack = body_of(MessageFormat::slack, event);
  EXPECT_THAT(slack, Not(HasSubstr("<!")));
  EXPECT_THAT(slack, Not(HasSubstr("<@")));
  EXPECT_THAT(slack, HasSubstr("&lt;!channel&gt;"));
  const json parsed = json::parse(slack);
  for (const json& attachment : parsed["attachments"]) {
    for (const json& block : attachment["blocks"]) {
      if (block.contains("text") && block["text"]["type"] == "mrkdwn") {
        EXPECT_EQ(block["text"]["text"], "<https://weir.example.net/incidents/4d1f0c6aa1b2c3d4|Open in weir>");
      }
    }
  }
  const std::string mattermost = body_of(MessageFormat::mattermost, event),
                    discord = body_of(MessageFormat::discord, event);
  for (const std::string& body : {mattermost, discord}) {
    EXPECT_THAT(body, Not(HasSubstr("@everyone")));
    EXPECT_THAT(body, Not(HasSubstr("@all")));
    EXPECT_THAT(body, HasSubstr("\\\\[pay\\\\]\\\\("));
    EXPECT_THAT(body, Not(HasSubstr(" **b**")));
    EXPECT_THAT(body, Not(HasSubstr(" `c`")));
  }
  EXPECT_EQ(json::parse(discord)["allowed_mentions"], json({{"parse", json::array()}}));
  EXPECT_THAT(body_of(MessageFormat::teams, event), Not(HasSubstr("\"TextBlock\""))) << "which reads Markdown";
  for (const MessageFormat format : kChats) EXPECT_THAT(body_of(format, event), Not(HasSubstr("https://evil")));
}

TEST(Message, lines_cannot_be_forged_in_plain_text) {
  const std::string body = body_of(MessageFormat::text, hostile("a\r\nFrom: 1.2.3.4\x1b[2J\u2028b\u202Ec\u200Bd"));
  EXPECT_THAT(body, HasSubstr("a From: 1.2.3.4[2J bcd\n"));
  EXPECT_THAT(body, Not(HasSubstr("\nFrom: 1.2.3.4[")));
}

TEST(Message, no_message_is_longer_than_its_tool_takes) {
  const json event = hostile(std::string(20'000, '*'));
  std::vector<Record> records(10, {"k", event.dump()});
  const auto body = [&](MessageFormat format) {
    return compose(format, std::span(records).first(most_events(format))).body;
  };
  const json discord = json::parse(body(MessageFormat::discord));
  std::size_t characters = 0;
  for (const json& embed : discord["embeds"]) {
    EXPECT_LE(embed["title"].get<std::string>().size(), 256u);
    EXPECT_LE(embed["description"].get<std::string>().size(), 4096u);
    characters += embed["title"].get<std::string>().size() + embed["description"].get<std::string>().size();
    for (const json& field : embed["fields"]) {
      EXPECT_LE(field["value"].get<std::string>().size(), 1024u);
      characters += field["name"].get<std::string>().size() + field["value"].get<std::string>().size();
    }
  }
  EXPECT_LE(characters, 6000u);
  EXPECT_LE(body(MessageFormat::teams).size(), 28u * 1024);
  const json slack = json::parse(body(MessageFormat::slack));
  std::size_t blocks = 0;
  for (const json& attachment : slack["attachments"]) {
    for (const json& block : attachment["blocks"]) {
      blocks += 1;
      if (block["type"] == "context") {
        EXPECT_LE(block["elements"].size(), 10u);
      } else {
        EXPECT_LE(block["text"]["text"].get<std::string>().size(), 3000u);
      }
    }
  }
  EXPECT_LE(blocks, 50u);
}

TEST(Message, what_is_no_event_breaks_nothing) {
  for (const std::string text :
       {"", "null", "[]", "{", R"({"event_type":7})", R"({"event_type":"incident","incident":3,"title":{}})",
        R"({"event_type":"incident","incident":{"actors":{"some":[1],"count":-1}}})"}) {
    const std::vector<Record> records = {{"k", text}};
    for (const MessageFormat format : kChats) {
      const Message message = compose(format, records);
      EXPECT_TRUE(format == MessageFormat::text || json::accept(message.body)) << text;
    }
    EXPECT_TRUE(json::accept(compose(MessageFormat::generic, records).body)) << text;
  }
}

TEST(Message, formats_are_known_by_their_names) {
  EXPECT_EQ(parse_message_format("generic"), MessageFormat::generic);
  EXPECT_EQ(parse_message_format("text"), MessageFormat::text);
  EXPECT_EQ(parse_message_format("discord"), MessageFormat::discord);
  for (const char* name : {"", "Slack", "generic|slack", "te"}) EXPECT_FALSE(parse_message_format(name)) << name;
}

TEST(Clean, text_is_cut_between_characters_and_says_so) {
  EXPECT_EQ(clean("  a \n\t b  ", 100), "a b");
  EXPECT_EQ(clean("abcdef", 6), "abcdef");
  EXPECT_EQ(clean("abcdefg", 6), "abc…");
  EXPECT_EQ(clean("ääää", 7), "ää…");
  EXPECT_EQ(clean("abc", 2), "");
  EXPECT_EQ(clean("a\xff\xc3", 20), "a\uFFFD\uFFFD");
  EXPECT_EQ(clean("\xed\xa0\x80", 20), "\uFFFD\uFFFD\uFFFD") << "half a surrogate pair";
  EXPECT_EQ(clean("see http://a://b", 50), "see http[:]//a[:]//b");
}

TEST(Answers, say_whose_fault_it_is) {
  for (const long status : {200, 201, 202, 204}) EXPECT_EQ(meaning_of(status), Answer::taken) << status;
  for (const long status : {400, 415, 422}) EXPECT_EQ(meaning_of(status), Answer::never) << status;
  EXPECT_EQ(meaning_of(413), Answer::too_much);
  for (const long status : {0, 100, 302, 401, 403, 404, 408, 409, 410, 425, 429, 500, 503, 599, 999}) {
    EXPECT_EQ(meaning_of(status), Answer::later) << status;
  }
  EXPECT_EQ(in_words(500, ""), "answered 500");
  EXPECT_EQ(in_words(401, "invalid\ntoken"),
            "answered 401: the address or the authorization is not (or no longer) valid (\"invalid token\")");
}

}  // namespace
}  // namespace weir::sinks
