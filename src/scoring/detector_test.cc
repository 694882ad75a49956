// SPDX-License-Identifier: Apache-2.0
#include "scoring/detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "scoring/testing_models.h"

namespace weir::scoring {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// A bundle over the catalogue's columns "c" and "a", scaled by 1: the score is minus the first input, below -10 is
// anomalous, and the namer says "scan" with the second input as its probability.
Bundle small_bundle() {
  Bundle bundle;
  bundle.dir = "memory";
  Manifest& m = bundle.manifest;
  m.name = "small";
  m.version = "2";
  m.contract.catalogue_hash = "h";
  m.contract.features = {"c", "a"};
  m.contract.catalogue = {"a", "b", "c"};
  m.preprocessing = {.mode = PreprocessMode::standard, .median = {1, 0.5}, .mean = {0, 0}, .scale = {1, 1}};
  m.anomaly.file.name = "anomaly.onnx";
  m.anomaly.threshold = -10;
  m.attack = AttackModel{.file = {.name = "attack.onnx", .sha256 = ""},
                         .output = "",
                         .cascade = true,
                         .confidence_bound = 0.6F,
                         .labels = {{.name = "benign", .severity = "none", .technique = "", .benign = true},
                                    {.name = "scan", .severity = "high", .technique = "T1046"}}};
  bundle.baseline = {.rows = 10, .features = {2, FeatureBaseline{.median = 1, .low = 0, .high = 2}}};
  return bundle;
}

SensorContract sensor() { return {.flow = {}, .catalogue_hash = "h", .features = {"a", "b", "c"}}; }

class DetectorTest : public testing::Test {
 protected:
  void load(Bundle bundle = small_bundle()) {
    const ModelLoader loader = [this](const ModelSpec& spec) -> base::Result<std::unique_ptr<Model>> {
      auto model = std::make_unique<FunctionModel>(spec.labels.empty() ? score_ : name_);
      (spec.labels.empty() ? anomaly_ : attack_) = model.get();
      return model;
    };
    auto made = Detector::make(std::move(bundle), sensor(), loader);
    ASSERT_TRUE(made) << made.error().message();
    detector_ = std::move(*made);
  }

  // Rows as (a, c).
  const std::vector<Verdict>& score(std::vector<std::pair<float, float>> rows) {
    features::FeatureBatch batch;
    for (const auto& [a, c] : rows) {
      auto values = batch.add({});
      values[0] = a;
      values[2] = c;
    }
    detector_->score(batch, verdicts_);
    return verdicts_;
  }

  FunctionModel::Function score_ = [](FunctionModel::Row x) { return std::vector{-x[0]}; };
  FunctionModel::Function name_ = [](FunctionModel::Row x) { return std::vector{1 - x[1], x[1]}; };
  FunctionModel* anomaly_ = nullptr;  // owned by detector_
  FunctionModel* attack_ = nullptr;
  std::unique_ptr<Detector> detector_;
  std::vector<Verdict> verdicts_;
};

TEST_F(DetectorTest, a_blind_spot_is_judged_by_its_own_threshold_and_all_else_by_the_common_one) {
  Bundle bundle = small_bundle();
  bundle.manifest.calibration.emplace();
  const auto busy = *base::IpAddress::parse("198.18.0.7");
  bundle.manifest.calibration->spots = {{.host = busy, .service = Service{17, 53}, .threshold = -40}};
  load(std::move(bundle));
  features::FeatureBatch batch;
  for (const auto& [source, port, c] :
       {std::tuple("198.18.0.7", 53, 30), {"198.18.0.7", 53, 50}, {"198.18.0.8", 53, 30}, {"198.18.0.7", 54, 30}}) {
    features::Row row;
    row.flow.src_ip = *base::IpAddress::parse(source);
    row.flow.protocol = 17;
    row.flow.dst_port = static_cast<std::uint16_t>(port);
    batch.add(row)[2] = static_cast<float>(c);
  }
  detector_->score(batch, verdicts_);
  EXPECT_EQ(verdicts_[0].status, Status::normal);
  EXPECT_FLOAT_EQ(verdicts_[0].margin, -10);
  EXPECT_EQ(verdicts_[1].status, Status::anomaly);
  EXPECT_FLOAT_EQ(verdicts_[1].margin, 10);
  EXPECT_EQ(verdicts_[2].status, Status::anomaly) << "another source";
  EXPECT_EQ(verdicts_[3].status, Status::anomaly) << "another service of the same source";
}

TEST_F(DetectorTest, what_was_learnt_of_a_network_counts_from_then_on) {
  load();
  EXPECT_EQ(score({{0.9F, 30}})[0].status, Status::anomaly);
  Calibration calibration;
  calibration.threshold = -45;
  detector_->adopt(calibration, {.rows = 500, .features = {2, FeatureBaseline{.median = 20, .low = 5, .high = 35}}});
  EXPECT_EQ(score({{0.9F, 30}})[0].status, Status::normal);
  const auto& v = score({{0.9F, 90}});
  ASSERT_FALSE(v[0].reasons.empty());
  EXPECT_EQ(v[0].reasons[0].high, 35) << "reasons speak of this network";
}

TEST_F(DetectorTest, rows_get_verdicts_in_their_own_order) {
  load();
  const auto& v = score({{0.9F, 50}, {0.9F, 1}, {0.1F, 10}});
  ASSERT_EQ(v.size(), 3u);
  EXPECT_EQ(v[0].status, Status::anomaly);
  EXPECT_EQ(v[0].attack_type, "scan");
  EXPECT_FLOAT_EQ(*v[0].confidence, 0.9F);
  EXPECT_FLOAT_EQ(v[0].margin, 40);
  EXPECT_EQ(v[0].reasons.at(0).feature, "c");
  EXPECT_EQ(v[1].status, Status::normal);
  EXPECT_EQ(v[1].attack_type, "");
  EXPECT_TRUE(v[1].reasons.empty());
  EXPECT_EQ(v[2].status, Status::anomaly);
  EXPECT_EQ(v[2].attack_type, "unknown");
}

TEST_F(DetectorTest, the_attack_model_is_asked_about_anomalous_rows_only) {
  load();
  score({{0.9F, 50}, {0.9F, 1}, {0.9F, 2}});
  EXPECT_EQ(attack_->rows_seen, 1u);
  score({{0.9F, 1}});
  EXPECT_EQ(attack_->rows_seen, 1u);
}

TEST_F(DetectorTest, without_cascade_it_is_asked_about_every_row) {
  Bundle bundle = small_bundle();
  bundle.manifest.attack->cascade = false;
  load(std::move(bundle));
  const auto& v = score({{0.9F, 1}, {0.2F, 1}});
  EXPECT_EQ(attack_->rows_seen, 2u);
  EXPECT_EQ(v[0].status, Status::anomaly);
  EXPECT_EQ(v[0].attack_type, "scan");
  EXPECT_EQ(v[1].status, Status::normal);
}

TEST_F(DetectorTest, a_failing_model_leaves_every_row_unscored_with_its_reason) {
  load();
  anomaly_->failure = "broken";
  const auto& v = score({{0.9F, 50}, {0.9F, 1}});
  for (const Verdict& verdict : v) {
    EXPECT_EQ(verdict.status, Status::unscored);
    EXPECT_EQ(verdict.unscored_reason, UnscoredReason::model_failed);
  }
  EXPECT_EQ(detector_->last_failure(), "anomaly.onnx: broken");
  EXPECT_EQ(detector_->counters().unscored_model_failed, 2u);
}

TEST_F(DetectorTest, a_score_that_is_not_finite_costs_only_its_own_row) {
  score_ = [](FunctionModel::Row x) { return std::vector{x[0] == 7 ? kNaN : -x[0]}; };
  load();
  const auto& v = score({{0.9F, 7}, {0.9F, 50}, {0.9F, 1}});
  EXPECT_EQ(v[0].status, Status::unscored);
  EXPECT_EQ(v[0].unscored_reason, UnscoredReason::output_not_finite);
  EXPECT_EQ(v[1].status, Status::anomaly);
  EXPECT_EQ(v[2].status, Status::normal);
  EXPECT_EQ(detector_->counters().unscored_not_finite, 1u);
}

TEST_F(DetectorTest, a_failing_attack_model_leaves_anomalous_rows_anomalous_and_unknown) {
  load();
  attack_->failure = "broken";
  const auto& v = score({{0.9F, 50}});
  EXPECT_EQ(v[0].status, Status::anomaly);
  EXPECT_EQ(v[0].attack_type, "unknown");
  EXPECT_FALSE(v[0].confidence);
  EXPECT_EQ(detector_->counters().attack_failed, 1u);
}

TEST_F(DetectorTest, undefined_values_are_imputed_counted_and_shown_as_measured) {
  load();
  const auto& v = score({{kNaN, 50}, {0.9F, kNaN}});
  EXPECT_EQ(v[0].attack_type, "unknown");  // the median 0.5 stays below the bound
  EXPECT_FLOAT_EQ(v[1].score, -1);
  EXPECT_THAT(detector_->imputed(), ElementsAre(1, 1));
  EXPECT_EQ(detector_->counters().imputed_values, 2u);
}

TEST_F(DetectorTest, every_row_is_counted_once_as_scored_or_unscored) {
  score_ = [](FunctionModel::Row x) { return std::vector{x[0] == 7 ? kNaN : -x[0]}; };
  load();
  score({{0.9F, 7}, {0.9F, 50}, {0.1F, 60}, {0.9F, 1}});
  const ScoringCounters c = detector_->counters();
  EXPECT_EQ(c.rows, 4u);
  EXPECT_EQ(c.scored + c.unscored_model_failed + c.unscored_not_finite, c.rows);
  EXPECT_EQ(c.anomalous, 2u);
  EXPECT_EQ(c.named, 1u);
  EXPECT_EQ(c.explained, 2u);
}

TEST_F(DetectorTest, a_batch_larger_than_one_run_is_scored_whole) {
  load();
  std::vector<std::pair<float, float>> rows;
  for (int i = 0; i < 10'000; ++i) rows.emplace_back(0.9F, i % 2 == 0 ? 50.0F : 1.0F);
  const auto& v = score(rows);
  ASSERT_EQ(v.size(), rows.size());
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(v[i].status == Status::anomaly, i % 2 == 0) << i;
}

TEST_F(DetectorTest, an_empty_batch_gives_no_verdicts_and_runs_nothing) {
  load();
  EXPECT_TRUE(score({}).empty());
  EXPECT_EQ(anomaly_->runs, 0);
}

TEST_F(DetectorTest, what_the_pipeline_asks_about_the_bundle_is_answered) {
  load();
  EXPECT_EQ(detector_->version(), "small@2");
  EXPECT_THAT(detector_->feature_columns(), ElementsAre(2u, 0u));
  EXPECT_THAT(detector_->feature_names(), ElementsAre("c", "a"));
  EXPECT_EQ(detector_->severity_of("scan"), "high");
  EXPECT_EQ(detector_->technique_of("scan"), "T1046");
  EXPECT_EQ(detector_->severity_of("unknown"), "medium");
  EXPECT_EQ(detector_->technique_of("unknown"), "");
}

TEST(DetectorMake, a_bundle_for_another_sensor_is_refused_before_any_graph_is_loaded) {
  SensorContract other = sensor();
  other.flow.tick_s = 5;
  const ModelLoader never = [](const ModelSpec&) -> base::Result<std::unique_ptr<Model>> {
    ADD_FAILURE() << "the graph was loaded";
    return base::fail("");
  };
  const auto made = Detector::make(small_bundle(), other, never);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message(), "model small@2 in memory: it was trained with a tick of 10 s, this sensor has 5 s");
}

TEST(DetectorMake, a_runtime_that_computes_otherwise_than_training_did_is_refused) {
  Bundle bundle = small_bundle();
  bundle.self_check = SelfCheck{.rows = 1, .values = {3, 0.2F}, .scores = {-3}, .classes = {0.8F, 0.2F}};
  const auto loader_with = [](float error) {
    return [error](const ModelSpec& spec) -> base::Result<std::unique_ptr<Model>> {
      if (spec.labels.empty()) {
        return std::make_unique<FunctionModel>([=](FunctionModel::Row x) { return std::vector{-x[0] + error}; });
      }
      return std::make_unique<FunctionModel>([](FunctionModel::Row x) { return std::vector{1 - x[1], x[1]}; });
    };
  };
  EXPECT_TRUE(Detector::make(bundle, sensor(), loader_with(1e-6F)));
  const auto wrong = Detector::make(bundle, sensor(), loader_with(0.01F));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("self-check: the score of row 1 is -2.99, training had -3"));
}

}  // namespace
}  // namespace weir::scoring
