// SPDX-License-Identifier: Apache-2.0
// Syslog: a message is what RFC 5424 and CEF say, whatever names hold and however short it must be.
#include "sinks/syslog_message.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::sinks {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const SyslogOrigin kOrigin{.hostname = "edge 1", .process_id = 7, .version = "1.2"};

alerting::Detection brute_force() {
  alerting::Detection d;
  d.flow.uid.bytes.fill(std::byte{0xab});
  d.flow.src_ip = *base::IpAddress::parse("198.18.0.5");
  d.flow.dst_ip = *base::IpAddress::parse("198.18.0.9");
  d.flow.src_port = 51515;
  d.flow.dst_port = 22;
  d.flow.protocol = 6;
  d.flow.started = base::from_us(1'769'847'330'000'125);
  d.flow.last = d.flow.started + std::chrono::seconds(3);
  d.flow.packets = 12;
  d.flow.bytes = 3456;
  d.flow.bytes_back = 3000;
  d.sensor = "edge";
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.score = -0.25F;
  d.verdict.attack_type = "brute_force";
  d.severity = alerting::Severity::high;
  d.technique = "T1110";
  d.model_version = "default@1";
  return d;
}

// Takes `name="value"`, the value escaped as RFC 5424 says, off the front of the text.
bool take_parameter(std::string_view& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || text.substr(equals + 1, 1) != "\"") return false;
  const std::string_view key = text.substr(0, equals);
  if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != key.npos) return false;
  for (std::size_t at = equals + 2; at < text.size(); ++at) {
    if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return true;
    }
    if (text[at] == ']') return false;
    if (text[at] == '\\' && (++at >= text.size() || std::string_view("\"\\]").find(text[at]) == text.npos))
      return false;
  }
  return false;
}

// One SD-ELEMENT of RFC 5424 after the header, then nothing or a sentence.
bool is_well_formed(std::string_view message) {
  if (message.find_first_of("\r\n") != message.npos || !message.starts_with('<')) return false;
  constexpr std::string_view kBegin = " alert [weir@32473";
  const std::size_t begin = message.find(kBegin);
  if (begin == message.npos) return false;
  message.remove_prefix(begin + kBegin.size());
  while (message.starts_with(' ')) {
    message.remove_prefix(1);
    if (!take_parameter(message)) return false;
  }
  return message == "]" || message.starts_with("] ");
}

TEST(Syslog, the_check_of_these_tests_tells_well_formed_from_not) {
  EXPECT_TRUE(is_well_formed(R"(<1>1 x alert [weir@32473 a="b\"\]" c=""] words)"));
  for (const char* wrong : {R"(<1>1 x alert [weir@32473 a="b"c"] words)", R"(<1>1 x alert [weir@32473 a="b]"])",
                            R"(<1>1 x alert [weir@32473 a="b)", R"(<1>1 x alert [weir@32473 a="\n"])",
                            R"(<1>1 x alert [weir@32473 a="b"]words)"}) {
    EXPECT_FALSE(is_well_formed(wrong)) << wrong;
  }
}

TEST(Syslog, a_message_has_header_facts_and_words) {
  const std::string message = syslog_message(brute_force(), kOrigin, SyslogFormat::rfc5424);
  EXPECT_THAT(message,
              StartsWith("<131>1 2026-01-31T08:15:33.000125Z edge_1 weir 7 alert [weir@32473 flow_uid=\"abab"));
  EXPECT_THAT(message, HasSubstr(" src_ip=\"198.18.0.5\" src_port=\"51515\" dst_ip=\"198.18.0.9\" dst_port=\"22\""));
  EXPECT_THAT(message, HasSubstr(" technique=\"T1110\""));
  EXPECT_THAT(message, EndsWith("] brute_force (high): 198.18.0.5:51515-198.18.0.9:22/tcp"));
  EXPECT_TRUE(is_well_formed(message)) << message;
}

TEST(Syslog, the_facility_is_the_one_that_was_asked_for) {
  EXPECT_EQ(syslog_facility("kern"), 0);
  EXPECT_EQ(syslog_facility("authpriv"), 10);
  EXPECT_EQ(syslog_facility("audit"), 13);
  EXPECT_EQ(syslog_facility("local7"), 23);
  SyslogOrigin origin = kOrigin;
  origin.facility = 4;
  EXPECT_THAT(syslog_message(brute_force(), origin, SyslogFormat::rfc5424), StartsWith("<35>1 "));
}

TEST(Syslog, names_cannot_end_a_value_or_begin_another_message) {
  alerting::Detection d = brute_force();
  d.sensor = "a\"]b\\\n<13>1 x";
  d.verdict.attack_type = std::string("x\r\xc2\x85\xffy=z|");
  for (const auto format : {SyslogFormat::rfc5424, SyslogFormat::cef}) {
    const std::string message = syslog_message(d, kOrigin, format);
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_THAT(message, Not(HasSubstr("\r")));
    EXPECT_THAT(message, Not(HasSubstr("\xff")));
  }
  const std::string plain = syslog_message(d, kOrigin, SyslogFormat::rfc5424);
  EXPECT_THAT(plain, HasSubstr(R"(sensor="a\"\]b\\ <13>1 x")"));
  EXPECT_TRUE(is_well_formed(plain)) << plain;
}

TEST(Syslog, cef_says_who_and_what_and_which_way_the_bytes_went) {
  const std::string message = syslog_message(brute_force(), kOrigin, SyslogFormat::cef);
  EXPECT_THAT(message, HasSubstr(" alert - CEF:0|weir|weir|1.2|brute_force|WEIR brute_force|8|externalId=abab"));
  EXPECT_THAT(message, HasSubstr(" src=198.18.0.5 spt=51515 dst=198.18.0.9 dpt=22 proto=tcp dvchost=edge "));
  EXPECT_THAT(message, HasSubstr(" in=456 out=3000 "));
  EXPECT_THAT(message, HasSubstr(" cs2=T1110 cs2Label=technique"));
}

TEST(Syslog, cef_has_other_fields_for_ipv6_and_escapes_what_ends_one) {
  alerting::Detection d = brute_force();
  d.flow.ip_version = 6;
  d.flow.src_ip = *base::IpAddress::parse("2001:db8::1");
  d.sensor = "a=b|c\\";
  d.verdict.attack_type = "x|y=z";
  const std::string message = syslog_message(d, kOrigin, SyslogFormat::cef);
  EXPECT_THAT(message, HasSubstr(" c6a2=2001:db8::1 "));
  EXPECT_THAT(message, HasSubstr(" c6a2Label=Source IPv6 Address "));
  EXPECT_THAT(message, Not(HasSubstr(" src=")));
  EXPECT_THAT(message, HasSubstr(R"( dvchost=a\=b|c\\ )"));
  EXPECT_THAT(message, HasSubstr(R"(|1.2|x\|y=z|WEIR x\|y=z|)"));
}

TEST(Syslog, a_short_message_leaves_out_whole_fields_and_stays_well_formed) {
  alerting::Detection d = brute_force();
  d.sensor = std::string(300, '"');
  d.model_version = std::string(300, '\\');
  SyslogOrigin origin = kOrigin;
  origin.hostname = std::string(300, 'h');
  for (origin.longest = 480; origin.longest < 1500; ++origin.longest) {
    const std::string plain = syslog_message(d, origin, SyslogFormat::rfc5424);
    EXPECT_LE(plain.size(), origin.longest);
    ASSERT_TRUE(is_well_formed(plain)) << plain;
    EXPECT_THAT(plain, HasSubstr("flow_uid="));
    const std::string cef = syslog_message(d, origin, SyslogFormat::cef);
    EXPECT_LE(cef.size(), origin.longest);
    EXPECT_THAT(cef, HasSubstr("|8|externalId=")) << "the header is whole";
  }
}

TEST(Syslog, an_incident_says_what_changed_and_how_large_it_is) {
  IncidentNews news{
      .change = IncidentChange::worsened, .number = 2, .incident = {}, .story = "It tried 7 doors.", .sensor = "edge"};
  news.incident.id = "4d1f0c6aa1b2c3d4";
  news.incident.attack_type = "brute_force";
  news.incident.severity = alerting::Severity::critical;
  news.incident.flows = 700;
  news.incident.actors.add(*base::IpAddress::parse("198.18.0.5"));
  news.incident.targets.add(*base::IpAddress::parse("198.18.0.9"));
  news.incident.updated_at = base::from_us(1'769'847'340'000'000);
  const std::string plain = syslog_message(news, kOrigin, SyslogFormat::rfc5424);
  EXPECT_THAT(plain,
              StartsWith("<130>1 2026-01-31T08:15:40.000000Z edge_1 weir 7 incident [weir@32473 "
                         "incident_id=\"4d1f0c6aa1b2c3d4\" event_id=\"4d1f0c6aa1b2c3d4-2\" change=\"worsened\""));
  EXPECT_THAT(plain, HasSubstr(" flows=\"700\" actors=\"1\" actor=\"198.18.0.5\" targets=\"1\" target=\"198.18.0.9\""));
  EXPECT_THAT(plain, HasSubstr("] worsened: "));
  EXPECT_THAT(plain, EndsWith(". It tried 7 doors."));
  const std::string cef = syslog_message(news, kOrigin, SyslogFormat::cef);
  EXPECT_THAT(
      cef,
      HasSubstr(" incident - CEF:0|weir|weir|1.2|brute_force|WEIR incident: brute_force|10|externalId=4d1f0c6aa1b2c3d4 "
                "act=worsened cnt=700 src=198.18.0.5 dst=198.18.0.9 dvchost=edge "));
  EXPECT_THAT(cef, Not(HasSubstr("technique")));
  EXPECT_THAT(cef, EndsWith(" msg=It tried 7 doors."));
}

TEST(Syslog, text_is_cut_between_characters) {
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f", 4), "gr\xc3\xbc");
  EXPECT_EQ(printable("gr\xc3\xbc", 3), "gr");
  EXPECT_EQ(printable("\xe2\x82\xac\xf0\x9f\x98\x80", 100), "\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(printable("a\xc0\x80\xed\xa0\x80z", 100), "a     z") << "overlong, and half of a pair";
}

}  // namespace
}  // namespace weir::sinks
