// SPDX-License-Identifier: Apache-2.0
// Detector: a bundle at work. Rows in, a verdict for each out, in the same order.
//
//   FeatureBatch ── select, impute, scale ── anomaly model ── threshold ── attack type ── reasons ──▶ Verdict
//                                                  └ fails: every row of the run is unscored, never normal
//
// Belongs to one thread (the accessors marked constant may be read from any). Keeps no state between batches except
// counters and buffers, so the same rows get the same verdicts. Rows go through the models kRowsPerRun at a time, which
// bounds memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "features/feature_batch.h"
#include "scoring/bundle.h"
#include "scoring/explain.h"
#include "scoring/model.h"
#include "scoring/preprocess.h"
#include "scoring/sensor_contract.h"
#include "scoring/verdict.h"

namespace weir::scoring {

// Everything that happened since the detector was loaded. rows = scored + unscored, whatever the reasons.
struct ScoringCounters {
  std::uint64_t rows = 0;
  std::uint64_t scored = 0;
  std::uint64_t anomalous = 0;
  std::uint64_t unscored_model_failed = 0;
  std::uint64_t unscored_not_finite = 0;
  std::uint64_t named = 0;           // anomalous rows with an attack type other than "unknown"
  std::uint64_t attack_failed = 0;   // rows about which the attack-type model could not be asked
  std::uint64_t explained = 0;
  std::uint64_t imputed_values = 0;  // numbers, not rows; imputed() has them by feature
  std::chrono::nanoseconds busy{0};
};

class Detector {
 public:
  // Reads and checks the bundle, holds it against the sensor, loads the graphs and lets them repeat the self-check.
  static base::Result<std::unique_ptr<Detector>> load(const std::filesystem::path& dir, const SensorContract& sensor,
                                                      const ModelLoader& loader, ExplainLimits limits = {});
  // The same for a bundle already read.
  static base::Result<std::unique_ptr<Detector>> make(Bundle bundle, const SensorContract& sensor,
                                                      const ModelLoader& loader, ExplainLimits limits = {});

  // Replaces `verdicts` by one for each row.
  void score(std::span<const features::RowView> rows, std::vector<Verdict>& verdicts);
  void score(const features::FeatureBatch& batch, std::vector<Verdict>& verdicts);

  // Judges by this from now on: threshold, blind spots, normal ranges. Of the owning thread.
  void adopt(const Calibration& calibration, Baseline baseline);
  // The common threshold alone; of the owning thread. What the verdicts are called by is the caller's business.
  void set_threshold(float threshold) { bundle_.manifest.anomaly.threshold = threshold; }

  // Constant after load, but for adopt() and set_threshold(). Columns and the lists beside them are in the order of the models' inputs.
  const std::string& version() const { return version_; }  // "name@version"
  const Bundle& bundle() const { return bundle_; }         // without the graphs' bytes, which the models now own
  std::span<const std::size_t> feature_columns() const { return columns_; }  // in a FeatureBatch row
  std::span<const std::string> feature_names() const { return bundle_.manifest.contract.features; }
  std::span<const FeatureBaseline> feature_baselines() const { return bundle_.baseline.features; }
  float threshold() const { return bundle_.manifest.anomaly.threshold; }
  bool higher_is_worse() const { return bundle_.manifest.anomaly.higher_is_worse; }
  const std::string& trained_on() const { return bundle_.manifest.trained_on; }
  // "low" ... "critical"; "medium" for "unknown" and for what the bundle does not know.
  std::string_view severity_of(std::string_view attack_type) const;
  // ATT&CK id; empty when the bundle names none.
  std::string_view technique_of(std::string_view attack_type) const;

  // Of the owning thread.
  ScoringCounters counters() const;
  std::span<const std::uint64_t> imputed() const { return preprocessor_.imputed(); }
  const std::string& last_failure() const { return last_failure_; }  // of a model's run; empty when none

 private:
  static constexpr std::size_t kRowsPerRun = 4096;

  Detector(Bundle bundle, std::vector<std::size_t> columns, std::unique_ptr<Model> anomaly,
           std::unique_ptr<Model> attack, ExplainLimits limits);

  void make_explainer();

  base::Result<> repeat_self_check();
  void score_run(std::span<const features::RowView> rows, std::span<Verdict> verdicts);
  void spare_blind_spots(std::span<const features::RowView> rows, std::span<Verdict> verdicts) const;
  bool judge_rows(std::size_t rows, std::span<Verdict> verdicts);
  void name_attacks(std::span<Verdict> verdicts);
  void count(std::span<const Verdict> verdicts);
  const AttackLabel* find_label(std::string_view attack_type) const;

  // Constant after construction.
  Bundle bundle_;
  const std::string version_;
  const std::vector<std::size_t> columns_;
  const std::unique_ptr<Model> anomaly_;
  const std::unique_ptr<Model> attack_;  // null without one
  const ExplainLimits explain_limits_;

  Preprocessor preprocessor_;
  std::optional<Explainer> explainer_;               // always there: made anew by adopt()
  ScoringCounters counters_;
  std::string last_failure_;
  std::vector<features::RowView> views_;             // of a batch that is scored as a whole
  std::vector<float> raw_, input_, scores_;          // of the current run
  std::vector<float> attack_input_, probabilities_;  // of its rows that go to the attack-type model
};

}  // namespace weir::scoring
