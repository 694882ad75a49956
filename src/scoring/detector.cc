// SPDX-License-Identifier: Apache-2.0
#include "scoring/detector.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "scoring/judgement.h"

namespace weir::scoring {

namespace {

using Clock = std::chrono::steady_clock;

// The contract was checked before: every name is there.
std::vector<std::size_t> find_columns(const Manifest& manifest, const SensorContract& sensor) {
  std::vector<std::size_t> columns;
  for (const std::string& name : manifest.contract.features) {
    const auto found = std::find(sensor.features.begin(), sensor.features.end(), name);
    WEIR_CHECK(found != sensor.features.end());
    columns.push_back(static_cast<std::size_t>(found - sensor.features.begin()));
  }
  return columns;
}

base::Result<std::unique_ptr<Model>> load_anomaly(const Bundle& bundle, const ModelLoader& loader) {
  const AnomalyModel& anomaly = bundle.manifest.anomaly;
  auto model =
      loader({.graph = bundle.anomaly_graph, .width = bundle.manifest.width(), .output = anomaly.output, .labels = {}});
  if (!model) return base::fail_within(anomaly.file.name, model);
  return model;
}

base::Result<std::unique_ptr<Model>> load_attack(const Bundle& bundle, const ModelLoader& loader) {
  if (!bundle.manifest.attack) return std::unique_ptr<Model>();
  const AttackModel& attack = *bundle.manifest.attack;
  std::vector<std::string> labels;
  for (const AttackLabel& label : attack.labels) labels.push_back(label.name);
  auto model = loader(
      {.graph = bundle.attack_graph, .width = bundle.manifest.width(), .output = attack.output, .labels = labels});
  if (!model) return base::fail_within(attack.file.name, model);
  return model;
}

std::vector<float> medians(const Baseline& baseline) {
  std::vector<float> values;
  for (const FeatureBaseline& feature : baseline.features) values.push_back(feature.median);
  return values;
}

// With its own preprocessor, so that this row is not counted as traffic.
std::vector<float> median_input(const Bundle& bundle) {
  std::vector<std::size_t> same_order(bundle.manifest.width());
  std::iota(same_order.begin(), same_order.end(), std::size_t{0});
  std::vector<float> input(bundle.manifest.width());
  Preprocessor(bundle.manifest.preprocessing, same_order).standardise(medians(bundle.baseline), input);
  return input;
}

base::Result<> compare(std::string_view what, std::span<const float> got, std::span<const float> expected,
                       std::size_t per_row, double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double allowed = tolerance * std::max(1.0, std::abs(static_cast<double>(expected[i])));
    if (std::abs(static_cast<double>(got[i]) - expected[i]) <= allowed) continue;
    return base::fail(
        fmt::format("self-check: {} of row {} is {}, training had {}: this machine's runtime computes otherwise", what,
                    i / per_row + 1, got[i], expected[i]));
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Detector>> Detector::load(const std::filesystem::path& dir, const SensorContract& sensor,
                                                       const ModelLoader& loader, ExplainLimits limits) {
  base::Result<Bundle> bundle = read_bundle(dir);
  if (!bundle) return base::fail(bundle.error());
  return make(std::move(*bundle), sensor, loader, limits);
}

base::Result<std::unique_ptr<Detector>> Detector::make(Bundle bundle, const SensorContract& sensor,
                                                       const ModelLoader& loader, ExplainLimits limits) {
  WEIR_CHECK(sensor.features.size() <= features::kFeatureCount);
  const std::string who = fmt::format("model {} in {}", bundle.id(), bundle.dir.string());
  if (auto r = check_contract(bundle.manifest.contract, sensor); !r) return base::fail_within(who, r);
  auto anomaly = load_anomaly(bundle, loader);
  if (!anomaly) return base::fail_within(who, anomaly);
  auto attack = load_attack(bundle, loader);
  if (!attack) return base::fail_within(who, attack);
  std::vector<std::size_t> columns = find_columns(bundle.manifest, sensor);
  std::unique_ptr<Detector> detector(
      new Detector(std::move(bundle), std::move(columns), std::move(*anomaly), std::move(*attack), limits));
  if (auto r = detector->repeat_self_check(); !r) return base::fail_within(who, r);
  return detector;
}

Detector::Detector(Bundle bundle, std::vector<std::size_t> columns, std::unique_ptr<Model> anomaly,
                   std::unique_ptr<Model> attack, ExplainLimits limits)
    : bundle_(std::move(bundle)),
      version_(bundle_.id()),
      columns_(std::move(columns)),
      anomaly_(std::move(anomaly)),
      attack_(std::move(attack)),
      explain_limits_(limits),
      preprocessor_(bundle_.manifest.preprocessing, columns_) {
  make_explainer();
  bundle_.anomaly_graph = {};
  bundle_.attack_graph = {};
}

void Detector::make_explainer() {
  explainer_.emplace(bundle_.manifest.contract.features, bundle_.baseline, median_input(bundle_), higher_is_worse(),
                     explain_limits_);
}

void Detector::adopt(const Calibration& calibration, Baseline baseline) {
  WEIR_CHECK(baseline.features.size() == columns_.size());
  bundle_.manifest.anomaly.threshold = calibration.threshold;
  bundle_.manifest.calibration = calibration;
  bundle_.baseline = std::move(baseline);
  make_explainer();
}

base::Result<> Detector::repeat_self_check() {
  if (!bundle_.self_check) return {};
  const SelfCheck& check = *bundle_.self_check;
  std::vector<float> input(check.values.size());
  Preprocessor(bundle_.manifest.preprocessing, columns_).standardise(check.values, input);
  std::vector<float> scores(check.scores.size());
  if (auto r = anomaly_->run(input, check.rows, scores); !r) return base::fail_within("self-check", r);
  if (auto r = compare("the score", scores, check.scores, 1, check.tolerance); !r) return r;
  if (!attack_) return {};
  std::vector<float> classes(check.classes.size());
  if (auto r = attack_->run(input, check.rows, classes); !r) return base::fail_within("self-check", r);
  return compare("a class probability", classes, check.classes, bundle_.label_count(), check.tolerance);
}

void Detector::score(std::span<const features::RowView> rows, std::vector<Verdict>& verdicts) {
  const auto start = Clock::now();
  verdicts.assign(rows.size(), Verdict());
  for (std::size_t at = 0; at < rows.size(); at += kRowsPerRun) {
    const std::size_t count = std::min(kRowsPerRun, rows.size() - at);
    score_run(rows.subspan(at, count), std::span(verdicts).subspan(at, count));
  }
  counters_.busy += Clock::now() - start;
}

void Detector::score(const features::FeatureBatch& batch, std::vector<Verdict>& verdicts) {
  views_.clear();
  for (std::size_t i = 0; i < batch.size(); ++i) views_.push_back(batch.view(i));
  score(views_, verdicts);
}

void Detector::score_run(std::span<const features::RowView> rows, std::span<Verdict> verdicts) {
  raw_.resize(verdicts.size() * columns_.size());
  input_.resize(raw_.size());
  preprocessor_.select(rows, raw_);
  preprocessor_.standardise(raw_, input_);
  if (judge_rows(verdicts.size(), verdicts)) {
    spare_blind_spots(rows, verdicts);
    if (attack_) name_attacks(verdicts);
    counters_.explained += explainer_->explain({.raw = raw_, .input = input_}, *anomaly_, verdicts);
  }
  count(verdicts);
}

bool Detector::judge_rows(std::size_t rows, std::span<Verdict> verdicts) {
  scores_.resize(rows);
  if (auto r = anomaly_->run(input_, rows, scores_); !r) {
    last_failure_ = bundle_.manifest.anomaly.file.name + ": " + r.error().message();
    for (Verdict& verdict : verdicts) verdict.unscored_reason = UnscoredReason::model_failed;
    return false;
  }
  for (std::size_t i = 0; i < rows; ++i) verdicts[i] = judge(scores_[i], bundle_.manifest.anomaly);
  return true;
}

// What of the normal traffic looks like an attack has thresholds of its own, never stricter than the common one.
void Detector::spare_blind_spots(std::span<const features::RowView> rows, std::span<Verdict> verdicts) const {
  if (!bundle_.manifest.calibration || bundle_.manifest.calibration->spots.empty()) return;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].status != Status::anomaly) continue;
    const flow::FlowIdentity& flow = rows[i].row->flow;
    const BlindSpot* own = bundle_.manifest.calibration->find(flow.src_ip, Service::of(flow));
    if (!own) continue;
    AnomalyModel judged = {.higher_is_worse = higher_is_worse(), .threshold = own->threshold};
    const std::optional<float> p_value = verdicts[i].p_value;
    verdicts[i] = judge(verdicts[i].score, judged);
    verdicts[i].p_value = p_value;
  }
}

// An anomalous row whose kind cannot be told is still anomalous: "unknown".
void Detector::name_attacks(std::span<Verdict> verdicts) {
  const AttackModel& attack = *bundle_.manifest.attack;
  const std::size_t width = columns_.size();
  std::vector<std::size_t> asked;
  attack_input_.clear();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].status == Status::unscored || (attack.cascade && verdicts[i].status == Status::normal)) continue;
    asked.push_back(i);
    const auto row = std::span(input_).subspan(i * width, width);
    attack_input_.insert(attack_input_.end(), row.begin(), row.end());
  }
  if (asked.empty()) return;
  probabilities_.resize(asked.size() * attack.labels.size());
  if (auto r = attack_->run(attack_input_, asked.size(), probabilities_); !r) {
    last_failure_ = attack.file.name + ": " + r.error().message();
    counters_.attack_failed += asked.size();
    for (const std::size_t i : asked) {
      if (verdicts[i].status == Status::anomaly) verdicts[i].attack_type = kUnknownAttack;
    }
    return;
  }
  for (std::size_t a = 0; a < asked.size(); ++a) {
    const auto row = std::span(probabilities_).subspan(a * attack.labels.size(), attack.labels.size());
    name_attack(row, attack, verdicts[asked[a]]);
  }
}

void Detector::count(std::span<const Verdict> verdicts) {
  counters_.rows += verdicts.size();
  for (const Verdict& verdict : verdicts) {
    counters_.scored += verdict.status != Status::unscored;
    counters_.anomalous += verdict.status == Status::anomaly;
    counters_.unscored_model_failed += verdict.unscored_reason == UnscoredReason::model_failed;
    counters_.unscored_not_finite += verdict.unscored_reason == UnscoredReason::output_not_finite;
    counters_.named += !verdict.attack_type.empty() && verdict.attack_type != kUnknownAttack;
  }
}

ScoringCounters Detector::counters() const {
  ScoringCounters counters = counters_;
  counters.imputed_values = std::accumulate(imputed().begin(), imputed().end(), std::uint64_t{0});
  return counters;
}

const AttackLabel* Detector::find_label(std::string_view attack_type) const {
  if (!bundle_.manifest.attack) return nullptr;
  const auto& labels = bundle_.manifest.attack->labels;
  const auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& l) { return l.name == attack_type; });
  return found == labels.end() ? nullptr : &*found;
}

std::string_view Detector::severity_of(std::string_view attack_type) const {
  const AttackLabel* label = find_label(attack_type);
  return label ? std::string_view(label->severity) : std::string_view("medium");
}

std::string_view Detector::technique_of(std::string_view attack_type) const {
  const AttackLabel* label = find_label(attack_type);
  return label ? std::string_view(label->technique) : std::string_view();
}

}  // namespace weir::scoring
