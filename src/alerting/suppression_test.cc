// SPDX-License-Identifier: Apache-2.0
#include "alerting/suppression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::alerting {
namespace {

using testing::HasSubstr;

// 2026-01-31 08:15:30 UTC; 10.0.0.5:51515 -> 192.0.2.7:443/tcp
Detection some_flow() {
  Detection d;
  d.flow.src_ip = *base::IpAddress::parse("10.0.0.5");
  d.flow.dst_ip = *base::IpAddress::parse("192.0.2.7");
  d.flow.src_port = 51515;
  d.flow.dst_port = 443;
  d.flow.protocol = 6;
  d.flow.started = base::from_us(1'769'847'330'000'000);
  d.sensor = "edge";
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.margin = 0.2F;
  d.verdict.attack_type = "scan";
  return d;
}

struct Case {
  const char* rule;
  bool matches;
};

class Rules : public testing::TestWithParam<Case> {};

TEST_P(Rules, match_or_not) {
  const auto rule = parse_suppression_rule(GetParam().rule);
  ASSERT_TRUE(rule) << rule.error().message();
  EXPECT_EQ(rule->matches(some_flow()), GetParam().matches) << GetParam().rule;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Rules,
    testing::Values(Case{R"({"source":"10.0.0.5"})", true}, Case{R"({"source":"10.0.0.0/24"})", true},
                    Case{R"({"source":"192.0.2.7"})", false}, Case{R"({"source":"::/0"})", true},
                    Case{R"({"destination":"192.0.2.0/24"})", true}, Case{R"({"destination":"10.0.0.5"})", false},
                    Case{R"({"host":"192.0.2.7"})", true}, Case{R"({"host":"10.0.0.5"})", true},
                    Case{R"({"host":"10.0.0.6"})", false}, Case{R"({"ports":"80,400-500"})", true},
                    Case{R"({"ports":"51515"})", false}, Case{R"({"protocol":6})", true},
                    Case{R"({"protocol":17})", false}, Case{R"({"attack_type":"scan"})", true},
                    Case{R"({"attack_type":"unknown"})", false}, Case{R"({"below_margin":0.3})", true},
                    Case{R"({"below_margin":0.2})", false}, Case{R"({"time_of_day":"08:00-09:00"})", true},
                    Case{R"({"time_of_day":"08:15-08:16"})", true}, Case{R"({"time_of_day":"08:16-09:00"})", false},
                    Case{R"({"time_of_day":"22:00-08:15"})", false}, Case{R"({"time_of_day":"22:00-08:16"})", true},
                    Case{R"({"time_of_day":"05:00-05:00"})", true}, Case{R"({"time_of_day":"00:00-24:00"})", true},
                    Case{R"({"sensor":"edge"})", true}, Case{R"({"sensor":"other"})", false},
                    Case{R"({"source":"10.0.0.5","destination":"192.0.2.7","ports":"443"})", true},
                    Case{R"({"source":"10.0.0.5","destination":"192.0.2.7","ports":"22"})", false},
                    Case{R"({"source":"10.0.0.5","ports":null})", true}));

TEST(SuppressionRule, ports_do_not_match_a_flow_without_ports_and_unknown_matches_one_without_a_type) {
  Detection ping = some_flow();
  ping.flow.protocol = 1;
  ping.verdict.attack_type.clear();
  EXPECT_FALSE(parse_suppression_rule(R"({"ports":"0-65535"})")->matches(ping));
  EXPECT_TRUE(parse_suppression_rule(R"({"attack_type":"unknown"})")->matches(ping));
}

TEST(SuppressionRule, what_is_no_rule_is_refused_in_a_sentence_that_names_the_condition) {
  const std::pair<const char*, const char*> refused[] = {
      {"[]", "JSON object"},
      {"{", "JSON object"},
      {"{}", "at least one condition"},
      {R"({"source":null})", "at least one condition"},
      {R"({"sorce":"10.0.0.5"})", "'sorce' is no condition"},
      {R"({"source":"10.0.0.256"})", "'source' must be an address"},
      {R"({"source":5})", "'source'"},
      {R"({"host":"10.0.0.0/40"})", "'host'"},
      {R"({"ports":""})", "'ports'"},
      {R"({"ports":"1-70000"})", "'ports'"},
      {R"({"protocol":256})", "'protocol'"},
      {R"({"protocol":"tcp"})", "'protocol'"},
      {R"({"attack_type":""})", "'attack_type'"},
      {R"({"below_margin":"low"})", "'below_margin'"},
      {R"({"time_of_day":"8:00-9:00"})", "'time_of_day'"},
      {R"({"time_of_day":"22:00-25:00"})", "'time_of_day'"},
  };
  for (const auto& [json, expected] : refused) {
    const auto rule = parse_suppression_rule(json);
    ASSERT_FALSE(rule) << json;
    EXPECT_THAT(rule.error().message(), HasSubstr(expected)) << json;
  }
}

TEST(SuppressionRule, json_reads_back_and_words_name_each_condition) {
  const char* json =
      R"({"source":"10.0.0.0/8","ports":"22,80","protocol":6,"attack_type":"scan","below_margin":0.5,"time_of_day":"22:00-06:00"})";
  const auto rule = parse_suppression_rule(json);
  ASSERT_TRUE(rule);
  EXPECT_EQ(to_json(*rule), json);
  EXPECT_EQ(in_words(*rule),
            "source 10.0.0.0/8, ports 22,80, protocol tcp, attack type scan, margin below 0.5, 22:00-06:00 UTC");
}

TEST(Suppressions, the_first_rule_in_force_names_what_it_hides) {
  Suppressions suppressions;
  EXPECT_EQ(suppressions.first_match(some_flow(), base::from_us(100)), "");
  const SuppressionRule mine = *parse_suppression_rule(R"({"source":"10.0.0.5"})");
  const SuppressionRule other = *parse_suppression_rule(R"({"source":"10.0.0.6"})");
  suppressions.set({{.id = "a", .rule = other},
                    {.id = "b", .rule = mine, .expires_at = base::from_us(100)},
                    {.id = "c", .rule = mine}});
  EXPECT_EQ(suppressions.first_match(some_flow(), base::from_us(99)), "b");
  EXPECT_EQ(suppressions.first_match(some_flow(), base::from_us(100)), "c") << "the other one has expired";
}

TEST(Suppressions, built_in_rules_stay_when_the_users_change_theirs) {
  Suppressions suppressions;
  suppressions.set_built_in({{.id = "own-traffic", .rule = *parse_suppression_rule(R"({"host":"192.0.2.7"})")}});
  suppressions.set({});
  EXPECT_EQ(suppressions.first_match(some_flow(), base::from_us(1)), "own-traffic");
}

}  // namespace
}  // namespace weir::alerting
