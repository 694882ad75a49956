// SPDX-License-Identifier: Apache-2.0
#include "alerting/policy.h"

#include <gtest/gtest.h>

namespace weir::alerting {
namespace {

using scoring::Status;

Policy policy_with(LogMode mode) {
  return Policy({.sensor = "edge", .model_version = "m@1", .log = mode, .attack_facts = [](std::string_view type) {
                   return type == "flood" ? AttackFacts{Severity::high, "T1498"} : AttackFacts{};
                 }});
}

features::Row row_with_uid(unsigned first, unsigned second) {
  features::Row row;
  row.flow.uid.bytes[0] = static_cast<std::byte>(first);
  row.flow.uid.bytes[1] = static_cast<std::byte>(second);
  return row;
}

TEST(Policy, a_flow_that_could_not_be_scored_is_kept_like_an_anomaly) {
  const Policy policy = policy_with(LogMode::anomalous);
  EXPECT_TRUE(policy.keeps(row_with_uid(1, 2), Status::anomaly));
  EXPECT_TRUE(policy.keeps(row_with_uid(1, 2), Status::unscored));
  EXPECT_FALSE(policy.keeps(row_with_uid(1, 2), Status::normal));
}

TEST(Policy, sampling_keeps_one_normal_flow_in_a_hundred) {
  const Policy policy = policy_with(LogMode::sampled);
  int kept = 0;
  for (unsigned i = 0; i < 65536; ++i) kept += policy.keeps(row_with_uid(i >> 8, i & 255), Status::normal);
  EXPECT_EQ(kept, 656);
}

TEST(Policy, severity_and_technique_come_from_the_attack_type) {
  scoring::Verdict verdict;
  verdict.status = Status::anomaly;
  verdict.attack_type = "flood";
  const auto d = policy_with(LogMode::anomalous).detect({}, verdict, base::from_us(20), base::from_us(30), {1.5f});
  EXPECT_EQ(d.severity, Severity::high);
  EXPECT_EQ(d.technique, "T1498");
  EXPECT_EQ(d.alerted_at, base::from_us(20));
  EXPECT_EQ(d.sensor, "edge");
  EXPECT_EQ(d.features, std::vector<float>{1.5f});
}

TEST(Policy, a_normal_flow_has_no_alert_time_and_no_severity) {
  scoring::Verdict verdict;
  verdict.status = Status::normal;
  const auto d = policy_with(LogMode::all).detect({}, verdict, base::from_us(20), base::from_us(30), {});
  EXPECT_EQ(d.severity, Severity::none);
  EXPECT_EQ(d.alerted_at, std::nullopt);
}

TEST(Policy, what_a_rule_hides_is_marked_with_its_id_and_only_when_it_is_anomalous) {
  Suppressions suppressions;
  suppressions.set({{.id = "scans", .rule = *parse_suppression_rule(R"({"attack_type":"scan"})")}});
  const Policy policy({.attack_facts = [](std::string_view) { return AttackFacts{}; }, .suppressions = &suppressions});
  scoring::Verdict verdict;
  verdict.attack_type = "scan";
  const auto hidden_by = [&](Status status) {
    verdict.status = status;
    return policy.detect({}, verdict, base::from_us(20), base::from_us(30), {}).suppressed_by;
  };
  EXPECT_EQ(hidden_by(Status::anomaly), "scans");
  EXPECT_EQ(hidden_by(Status::normal), "");
}

TEST(LogMode, every_name_reads_back) {
  for (auto mode : {LogMode::anomalous, LogMode::all, LogMode::sampled})
    EXPECT_EQ(parse_log_mode(to_string(mode)), mode);
  EXPECT_EQ(parse_log_mode("some"), std::nullopt);
}

}  // namespace
}  // namespace weir::alerting
