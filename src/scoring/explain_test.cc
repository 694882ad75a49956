// SPDX-License-Identifier: Apache-2.0
#include "scoring/explain.h"

#include <gtest/gtest.h>

#include <cmath>

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
  EXPECT_EQ(explainer(false, {.rows = 2, .candidates = 3, .reasons = 3}).explain({rows, rows}, model, verdicts), 2u);
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

TEST(Explainer, a_model_that_fails_takes_the_reasons_and_nothing_else) {
  FunctionModel model = minus_weighted_sum();
  model.failure = "out of memory";
  const std::vector<float> row = {5, 5, 5};
  std::vector<Verdict> verdicts = {anomalous(-55)};
  EXPECT_EQ(explainer(false).explain({row, row}, model, verdicts), 0u);
  EXPECT_EQ(verdicts[0].status, Status::anomaly);
  EXPECT_TRUE(verdicts[0].reasons.empty());
}

}  // namespace
}  // namespace weir::scoring
