// SPDX-License-Identifier: Apache-2.0
#include "scoring/explain.h"

#include <gtest/gtest.h>

#include <cmath>

#include "scoring/feature_groups.h"
#include "scoring/sentences.h"
#include "scoring/testing_models.h"

namespace weir::scoring {
namespace {

// Three inputs, each normal within -1 to 1 around 0.
Explainer explainer(bool higher_is_worse, ExplainLimits limits = {}) {
  const FeatureBaseline around_zero{.median = 0, .low = -1, .high = 1};
  return Explainer({"a", "b", "c"}, {.rows = 100, .features = {3, around_zero}}, {0, 0, 0}, higher_is_worse, limits);
}

FunctionModel minus_weighted_sum() {
  return FunctionModel([](FunctionModel::Row x) { return std::vector{-(x[0] + 10 * x[1])}; });
}

Verdict anomalous(float score) {
  Verdict verdict;
  verdict.status = Status::anomaly;
  verdict.score = score;
  verdict.margin = -score;
  return verdict;
}

TEST(Explainer, the_feature_whose_median_restores_the_score_most_comes_first) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> row = {5, 2, 50};
  std::vector<Verdict> verdicts = {anomalous(-25)};
  EXPECT_EQ(explainer(false).explain({row, row}, model, verdicts), 1u);
  const auto& reasons = verdicts[0].reasons;
  ASSERT_EQ(reasons.size(), 3u);
  EXPECT_EQ(reasons[0].feature, "b");
  EXPECT_FLOAT_EQ(reasons[0].contribution, 20);
  EXPECT_FLOAT_EQ(reasons[0].value, 2);
  EXPECT_FLOAT_EQ(reasons[0].high, 1);
  EXPECT_EQ(reasons[1].feature, "a");
  EXPECT_FLOAT_EQ(reasons[1].contribution, 5);
  EXPECT_EQ(reasons[2].feature, "c");  // strange, but without a say: kept because there are so few
  EXPECT_FLOAT_EQ(reasons[2].contribution, 0);
}

TEST(Explainer, where_higher_is_worse_a_contribution_still_means_towards_the_attack) {
  FunctionModel model([](FunctionModel::Row x) { return std::vector{x[0]}; });
  const std::vector<float> row = {5, 0, 0};
  std::vector<Verdict> verdicts = {anomalous(5)};
  explainer(true).explain({row, row}, model, verdicts);
  ASSERT_EQ(verdicts[0].reasons.size(), 1u);
  EXPECT_FLOAT_EQ(verdicts[0].reasons[0].contribution, 5);
}

TEST(Explainer, an_undefined_feature_is_no_reason) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> raw = {5, std::nanf(""), 0};
  const std::vector<float> input = {5, 0, 0};
  std::vector<Verdict> verdicts = {anomalous(-5)};
  explainer(false).explain({raw, input}, model, verdicts);
  ASSERT_EQ(verdicts[0].reasons.size(), 1u);
  EXPECT_EQ(verdicts[0].reasons[0].feature, "a");
}

TEST(Explainer, only_anomalous_rows_are_explained_and_the_worst_first_up_to_the_limit) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows = {1, 0, 0, 9, 0, 0, 7, 0, 0, 8, 0, 0};
  std::vector<Verdict> verdicts = {anomalous(-1), anomalous(-9), Verdict(), anomalous(-8)};
  verdicts[2].status = Status::normal;
  EXPECT_EQ(explainer(false, {.rows = 2, .candidates = 3, .reasons = 3, .plain_rows = 0})
                .explain({rows, rows}, model, verdicts),
            2u);
  EXPECT_TRUE(verdicts[0].reasons.empty());
  EXPECT_FALSE(verdicts[1].reasons.empty());
  EXPECT_TRUE(verdicts[2].reasons.empty());
  EXPECT_FALSE(verdicts[3].reasons.empty());
}

TEST(Explainer, the_model_is_asked_once_and_about_no_more_rows_than_the_limits_allow) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows(30 * 3, 4.0F);
  std::vector<Verdict> verdicts(30, anomalous(-44));
  explainer(false, {.rows = 5, .candidates = 2, .reasons = 2}).explain({rows, rows}, model, verdicts);
  EXPECT_EQ(model.runs, 1);
  EXPECT_EQ(model.rows_seen, 10u);
}

TEST(Explainer, without_anything_anomalous_the_model_is_left_alone) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> row = {5, 5, 5};
  std::vector<Verdict> verdicts(1);
  verdicts[0].status = Status::normal;
  EXPECT_EQ(explainer(false).explain({row, row}, model, verdicts), 0u);
  EXPECT_EQ(model.runs, 0);
}

TEST(Explainer, rows_beyond_the_limit_tell_what_is_strange_without_asking_the_model) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows = {9, 0, 0, 0, 3, 2};
  std::vector<Verdict> verdicts = {anomalous(-90), anomalous(-30)};
  EXPECT_EQ(explainer(false, {.rows = 1}).explain({rows, rows}, model, verdicts), 1u);
  EXPECT_EQ(model.rows_seen, 1u);
  ASSERT_EQ(verdicts[1].reasons.size(), 2u);
  EXPECT_EQ(verdicts[1].reasons[0].feature, "b");
  EXPECT_EQ(verdicts[1].reasons[0].contribution, 0);
}

TEST(Explainer, what_lies_beyond_the_normal_range_comes_before_what_normal_traffic_has_too) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> row = {4, 0.9F, 0};
  std::vector<Verdict> verdicts = {anomalous(-13)};
  explainer(false).explain({row, row}, model, verdicts);
  ASSERT_EQ(verdicts[0].reasons.size(), 2u);
  EXPECT_EQ(verdicts[0].reasons[0].feature, "a");
  EXPECT_FALSE(beyond_normal(verdicts[0].reasons[1]));
  EXPECT_GT(verdicts[0].reasons[1].contribution, verdicts[0].reasons[0].contribution);
}

TEST(Explainer, rows_beyond_the_limit_name_first_what_moved_the_worst_ones) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows = {0, 9, 8, 0, 3, 70};
  std::vector<Verdict> verdicts = {anomalous(-90), anomalous(-30)};
  EXPECT_EQ(explainer(false, {.rows = 1}).explain({rows, rows}, model, verdicts), 1u);
  ASSERT_EQ(verdicts[1].reasons.size(), 2u);
  EXPECT_EQ(verdicts[1].reasons[0].feature, "b");
  EXPECT_EQ(verdicts[1].reasons[0].contribution, 0);
}

// A model that looks at several features for the same thing, as trees do: one alone moves nothing.
class BehaviourTest : public testing::Test {
 protected:
  const std::vector<std::string> names_ = {"src_ports_10s",       "pair_ports_60s",      "pair_ports_per_flow_60s",
                                           "service_flows_10s",   "service_packets_10s", "flow_packets_per_s",
                                           "pair_recent_gap_std", "pair_recent_fwd_std", "fwd_payload_bytes"};
  const std::vector<float> median_ = {2, 2, 0.2F, 3, 60, 20, 3, 2, 900};

  Verdict explain(const std::vector<float>& row) {
    Baseline baseline{.rows = 1000, .features = {}};
    const std::vector<float> low = {1, 1, 0.05F, 0, 2, 0.1F, 0.8F, 0.2F, 0},
                             high = {6, 8, 0.6F, 40, 900, 300, 7, 6, 9000};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      baseline.features.push_back({.median = median_[i], .low = low[i], .high = high[i]});
    }
    Explainer explainer(names_, baseline, median_, false, {});
    FunctionModel model([](FunctionModel::Row x) {
      const bool fans_out = x[0] > 20 || x[1] > 20 || x[2] > 0.8F;
      const bool floods = x[3] > 500 || x[4] > 5000 || x[5] > 2000;
      const bool beats = x[6] < 0.3F;
      return std::vector{4.0F - 8.0F * static_cast<float>(fans_out || floods || beats)};
    });
    std::vector<Verdict> verdicts = {anomalous(-4)};
    explainer.explain({row, row}, model, verdicts);
    return verdicts[0];
  }
};

TEST_F(BehaviourTest, the_reason_for_a_scan_names_fan_out) {
  const Verdict v = explain({812, 600, 1, 1, 2, 20, 3, 2, 0});
  EXPECT_EQ(group_of(v.reasons[0].feature), FeatureGroup::fan_out);
  EXPECT_EQ(v.reasons[0].contribution, 8);
  EXPECT_EQ(sentence(v.reasons[0]), "The source asked 812 different ports in 10 s; normal here is up to 6.");
}

TEST_F(BehaviourTest, the_reason_for_a_flood_names_rate) {
  const Verdict v = explain({1, 1, 0.001F, 40'000, 80'000, 20, 3, 2, 0});
  EXPECT_EQ(group_of(v.reasons[0].feature), FeatureGroup::rate);
  EXPECT_EQ(v.reasons[0].contribution, 8);
}

TEST_F(BehaviourTest, the_reason_for_a_beacon_names_regularity) {
  const Verdict v = explain({1, 1, 0.3F, 1, 12, 20, 0.01F, 0.1F, 120});
  EXPECT_EQ(group_of(v.reasons[0].feature), FeatureGroup::regularity);
  EXPECT_EQ(v.reasons[0].contribution, 8);
}

TEST(Explainer, at_one_anomalous_row_in_a_hundred_the_model_sees_at_most_a_tenth_more_rows) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows(1000 * 3, 4.0F);
  std::vector<Verdict> verdicts(1000);
  for (Verdict& verdict : verdicts) verdict.status = Status::normal;
  for (std::size_t i = 0; i < 1000; i += 100) verdicts[i] = anomalous(-44);
  EXPECT_EQ(explainer(false).explain({rows, rows}, model, verdicts), 10u);
  EXPECT_LE(model.rows_seen, 100u);
}

TEST(Explainer, a_flood_of_anomalous_rows_costs_a_bounded_part_of_scoring_them) {
  FunctionModel model = minus_weighted_sum();
  const std::vector<float> rows(4096 * 3, 4.0F);
  std::vector<Verdict> verdicts(4096, anomalous(-44));
  explainer(false).explain({rows, rows}, model, verdicts);
  EXPECT_LE(model.rows_seen, 4096u / 6);
}

TEST(Explainer, a_model_that_fails_takes_the_contributions_and_nothing_else) {
  FunctionModel model = minus_weighted_sum();
  model.failure = "out of memory";
  const std::vector<float> row = {5, 5, 5};
  std::vector<Verdict> verdicts = {anomalous(-55)};
  EXPECT_EQ(explainer(false).explain({row, row}, model, verdicts), 0u);
  EXPECT_EQ(verdicts[0].status, Status::anomaly);
  ASSERT_FALSE(verdicts[0].reasons.empty());
  EXPECT_EQ(verdicts[0].reasons[0].contribution, 0) << "what is strange can be told without it";
}

}  // namespace
}  // namespace weir::scoring
