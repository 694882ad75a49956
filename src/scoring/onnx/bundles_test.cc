// SPDX-License-Identifier: Apache-2.0
// Whole bundles from scikit-learn, LightGBM and neural networks (tests/bundles/make_bundles.py): loaded, scored through
// the Detector, and compared with what the training library itself said about the same rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "scoring/describe.h"
#include "scoring/detector.h"
#include "scoring/onnx/onnx_model.h"
#include "scoring/verify.h"

namespace weir::scoring::onnx {
namespace {

using testing::HasSubstr;

std::string folder(const std::string& name) { return "tests/bundles/" + name; }

SensorContract sensor() {
  SensorContract contract{.flow = {}, .catalogue_hash = "test-catalogue", .features = {}};
  for (int i = 0; i < 12; ++i) contract.features.push_back("f" + std::to_string(i));
  return contract;
}

SelfCheck expected(const std::string& name, std::size_t labels) {
  std::ifstream file(folder(name) + "/expected.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto check = parse_self_check(text, 12, labels);
  EXPECT_TRUE(check) << check.error().message();
  return check ? std::move(*check) : SelfCheck();
}

features::FeatureBatch batch_of(const SelfCheck& check) {
  features::FeatureBatch batch;
  for (std::size_t i = 0; i < check.rows; ++i) {
    std::copy_n(check.values.begin() + static_cast<std::ptrdiff_t>(i * 12), 12, batch.add({}).begin());
  }
  return batch;
}

class RealBundle : public testing::TestWithParam<const char*> {};
class NamingBundle : public testing::TestWithParam<const char*> {};

TEST_P(RealBundle, agrees_with_its_training_library_within_1e_5) {
  const auto detector = Detector::load(folder(GetParam()), sensor(), load_model);
  ASSERT_TRUE(detector) << detector.error().message();
  const SelfCheck check = expected(GetParam(), (*detector)->bundle().label_count());
  std::vector<Verdict> verdicts;
  (*detector)->score(batch_of(check), verdicts);
  ASSERT_EQ(verdicts.size(), check.rows);
  for (std::size_t i = 0; i < check.rows; ++i) {
    const float allowed = 1e-5F * std::max(1.0F, std::abs(check.scores[i]));
    EXPECT_NEAR(verdicts[i].score, check.scores[i], allowed) << "row " << i;
  }
}

// The confidence is the largest of the probabilities that Python computed, and the type is its label or "unknown".
TEST_P(NamingBundle, names_what_its_training_library_names) {
  const auto detector = Detector::load(folder(GetParam()), sensor(), load_model);
  ASSERT_TRUE(detector) << detector.error().message();
  const auto& attack = (*detector)->bundle().manifest.attack;
  ASSERT_TRUE(attack);
  const std::size_t labels = attack->labels.size();
  const SelfCheck check = expected(GetParam(), labels);
  std::vector<Verdict> verdicts;
  (*detector)->score(batch_of(check), verdicts);
  int named = 0;
  for (std::size_t i = 0; i < check.rows; ++i) {
    if (verdicts[i].status != Status::anomaly) continue;
    const auto row = std::span(check.classes).subspan(i * labels, labels);
    const auto best = std::max_element(row.begin(), row.end());
    EXPECT_NEAR(*verdicts[i].confidence, *best, 1e-5);
    const AttackLabel& label = attack->labels[static_cast<std::size_t>(best - row.begin())];
    const bool sure = *best >= attack->confidence_bound && !label.benign;
    EXPECT_EQ(verdicts[i].attack_type, sure ? label.name : "unknown");
    named += sure;
  }
  EXPECT_GT(named, 10);
}

TEST_P(RealBundle, finds_attacks_and_leaves_benign_rows_alone) {
  const auto detector = Detector::load(folder(GetParam()), sensor(), load_model);
  ASSERT_TRUE(detector) << detector.error().message();
  const SelfCheck check = expected(GetParam(), (*detector)->bundle().label_count());
  std::vector<Verdict> verdicts;
  (*detector)->score(batch_of(check), verdicts);
  const auto anomalous =
      std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.status == Status::anomaly; });
  EXPECT_GT(anomalous, 5);
  EXPECT_LT(anomalous, 60);
  for (const Verdict& v : verdicts) EXPECT_EQ(v.reasons.empty(), v.status != Status::anomaly);
}

TEST_P(RealBundle, passes_verification_by_this_sensor) {
  const VerifyReport report = verify(folder(GetParam()), sensor(), load_model);
  EXPECT_TRUE(report.ok()) << to_text(report);
  EXPECT_EQ(report.steps.size(), 3u);
  EXPECT_TRUE(nlohmann::json::parse(to_json(report)).at("ok").get<bool>());
}

INSTANTIATE_TEST_SUITE_P(Bundles, RealBundle,
                         testing::Values("isolation_forest", "lightgbm", "neural", "maps_in_graph"),
                         [](const auto& test) { return std::string(test.param); });

INSTANTIATE_TEST_SUITE_P(Bundles, NamingBundle, testing::Values("lightgbm", "neural", "maps_in_graph"),
                         [](const auto& test) { return std::string(test.param); });

TEST(VerifyBundle, the_report_ends_with_the_step_that_failed) {
  SensorContract other = sensor();
  other.features.pop_back();
  const VerifyReport report = verify(folder("lightgbm"), other, load_model);
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.steps.size(), 2u);
  EXPECT_EQ(report.steps[1].name, "contract");
  EXPECT_THAT(to_text(report), HasSubstr("FAILED   contract   it wants the feature \"f11\""));
}

TEST(VerifyBundle, a_folder_that_is_not_there_fails_the_first_step) {
  const VerifyReport report = verify(folder("none"), sensor(), load_model);
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.steps.at(0).detail, HasSubstr("tests/bundles/none: it is not a folder"));
}

TEST(DescribeBundle, people_see_the_name_the_rule_the_labels_and_the_inputs) {
  const auto bundle = read_bundle(folder("lightgbm"));
  ASSERT_TRUE(bundle);
  const std::string text = describe(*bundle);
  EXPECT_THAT(text, HasSubstr("lightgbm@1"));
  EXPECT_THAT(text, HasSubstr("a score <= "));
  EXPECT_THAT(text, HasSubstr("T1572"));
  EXPECT_THAT(text, HasSubstr("f11"));
}

TEST(DescribeBundle, programs_get_the_same_as_json) {
  const auto bundle = read_bundle(folder("neural"));
  ASSERT_TRUE(bundle);
  const auto json = nlohmann::json::parse(describe_json(*bundle));
  EXPECT_EQ(json.at("name"), "neural");
  EXPECT_TRUE(json.at("higher_is_worse").get<bool>());
  EXPECT_FALSE(json.at("attack").at("cascade").get<bool>());
  EXPECT_EQ(json.at("features").size(), 12u);
}

}  // namespace
}  // namespace weir::scoring::onnx
