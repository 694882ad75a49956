// SPDX-License-Identifier: Apache-2.0
#include "scoring/judgement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir::scoring {
namespace {

AnomalyModel lower_is_worse() {
  return {.file = {},
          .output = "",
          .higher_is_worse = false,
          .threshold = 0.1F,
          .benign_rows = 99,
          .quantiles = {{.share = 0.02, .score = -1}, {.share = 0.1, .score = 1}, {.share = 1, .score = 5}}};
}

AnomalyModel higher_is_worse() {
  AnomalyModel model = lower_is_worse();
  model.higher_is_worse = true;
  for (ScoreQuantile& q : model.quantiles) q.score = -q.score;
  return model;
}

AttackModel attack(bool cascade) {
  return {.file = {},
          .output = "",
          .cascade = cascade,
          .confidence_bound = 0.6F,
          .labels = {{.name = "benign", .severity = "none", .technique = "", .benign = true},
                     {.name = "scan", .severity = "medium", .technique = "T1046"}}};
}

Verdict with_status(Status status) {
  Verdict verdict;
  verdict.status = status;
  verdict.margin = status == Status::anomaly ? 1.0F : -1.0F;
  return verdict;
}

TEST(Judgement, a_score_on_the_threshold_is_anomalous_in_both_directions) {
  EXPECT_EQ(judge(0.1F, lower_is_worse()).status, Status::anomaly);
  EXPECT_EQ(judge(0.1F, lower_is_worse()).margin, 0);
  EXPECT_EQ(judge(0.1F, higher_is_worse()).status, Status::anomaly);
}

TEST(Judgement, the_next_float_on_the_good_side_is_normal) {
  EXPECT_EQ(judge(std::nextafter(0.1F, 1.0F), lower_is_worse()).status, Status::normal);
  EXPECT_EQ(judge(std::nextafter(0.1F, 0.0F), higher_is_worse()).status, Status::normal);
}

TEST(Judgement, the_margin_grows_with_how_bad_a_score_is) {
  EXPECT_FLOAT_EQ(judge(-0.9F, lower_is_worse()).margin, 1.0F);
  EXPECT_FLOAT_EQ(judge(1.1F, lower_is_worse()).margin, -1.0F);
  EXPECT_FLOAT_EQ(judge(1.1F, higher_is_worse()).margin, 1.0F);
}

TEST(Judgement, a_score_that_is_not_finite_is_unscored_and_never_normal) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    const Verdict verdict = judge(bad, lower_is_worse());
    EXPECT_EQ(verdict.status, Status::unscored);
    EXPECT_EQ(verdict.unscored_reason, UnscoredReason::output_not_finite);
    EXPECT_FALSE(verdict.p_value);
  }
}

TEST(Judgement, p_values_run_straight_between_the_tables_shares) {
  EXPECT_FLOAT_EQ(*p_value(0, lower_is_worse()), 0.06F);
  EXPECT_FLOAT_EQ(*p_value(0, higher_is_worse()), 0.06F);
  EXPECT_FLOAT_EQ(*p_value(1, lower_is_worse()), 0.1F);
  EXPECT_FLOAT_EQ(*p_value(99, lower_is_worse()), 1.0F);
}

TEST(Judgement, a_score_worse_than_every_benign_row_has_the_p_value_that_so_few_rows_allow) {
  EXPECT_FLOAT_EQ(*p_value(-7, lower_is_worse()), 0.01F);
  EXPECT_FLOAT_EQ(*p_value(7, higher_is_worse()), 0.01F);
}

TEST(Judgement, without_a_table_there_is_no_p_value) {
  AnomalyModel model = lower_is_worse();
  model.quantiles.clear();
  EXPECT_FALSE(judge(0, model).p_value);
}

TEST(Judgement, the_likeliest_label_names_an_anomalous_row) {
  Verdict verdict = with_status(Status::anomaly);
  name_attack(std::vector{0.4F, 0.6F}, attack(true), verdict);
  EXPECT_EQ(verdict.attack_type, "scan");
  EXPECT_FLOAT_EQ(*verdict.confidence, 0.6F);
}

TEST(Judgement, below_the_bound_the_type_is_unknown_and_the_confidence_is_kept) {
  Verdict verdict = with_status(Status::anomaly);
  name_attack(std::vector{0.45F, 0.55F}, attack(true), verdict);
  EXPECT_EQ(verdict.attack_type, "unknown");
  EXPECT_FLOAT_EQ(*verdict.confidence, 0.55F);
}

TEST(Judgement, an_anomalous_row_that_the_namer_calls_benign_stays_anomalous) {
  Verdict verdict = with_status(Status::anomaly);
  name_attack(std::vector{0.9F, 0.1F}, attack(false), verdict);
  EXPECT_EQ(verdict.status, Status::anomaly);
  EXPECT_EQ(verdict.attack_type, "unknown");
}

TEST(Judgement, probabilities_that_are_not_finite_name_nothing) {
  Verdict verdict = with_status(Status::anomaly);
  name_attack(std::vector{std::nanf(""), 0.9F}, attack(true), verdict);
  EXPECT_EQ(verdict.attack_type, "unknown");
  EXPECT_FALSE(verdict.confidence);
}

TEST(Judgement, without_cascade_a_known_attack_makes_a_normal_looking_row_anomalous) {
  Verdict verdict = with_status(Status::normal);
  name_attack(std::vector{0.1F, 0.9F}, attack(false), verdict);
  EXPECT_EQ(verdict.status, Status::anomaly);
  EXPECT_EQ(verdict.attack_type, "scan");
  EXPECT_LT(verdict.margin, 0);
}

TEST(Judgement, without_cascade_a_normal_row_stays_normal_when_the_namer_is_unsure_or_says_benign) {
  for (const auto& probabilities : {std::vector{0.45F, 0.55F}, std::vector{0.9F, 0.1F}}) {
    Verdict verdict = with_status(Status::normal);
    name_attack(probabilities, attack(false), verdict);
    EXPECT_EQ(verdict.status, Status::normal);
    EXPECT_EQ(verdict.attack_type, "");
    EXPECT_FALSE(verdict.confidence);
  }
}

}  // namespace
}  // namespace weir::scoring
