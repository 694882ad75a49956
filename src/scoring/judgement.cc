// SPDX-License-Identifier: Apache-2.0
#include "scoring/judgement.h"

#include <algorithm>
#include <cmath>

namespace weir::scoring {

namespace {

// Positive and growing with how bad a score is, whatever the model's direction.
float badness(float score, const AnomalyModel& model) { return model.higher_is_worse ? score : -score; }

double share_at_least_as_bad(float score, const AnomalyModel& model) {
  const auto& table = model.quantiles;  // from the worst score to the best
  const float bad = badness(score, model);
  const auto worse = [&](const ScoreQuantile& q) { return badness(q.score, model) >= bad; };
  const auto next = std::partition_point(table.begin(), table.end(), worse);
  if (next == table.end()) return table.back().share;
  if (next == table.begin()) return 0;
  const auto before = next - 1;
  const double from = badness(before->score, model);
  const double to = badness(next->score, model);
  return before->share + (next->share - before->share) * (from - bad) / (from - to);
}

}  // namespace

std::optional<float> p_value(float score, const AnomalyModel& model) {
  if (model.quantiles.empty()) return std::nullopt;
  const double smallest = 1.0 / (static_cast<double>(model.benign_rows) + 1);
  return static_cast<float>(std::clamp(share_at_least_as_bad(score, model), smallest, 1.0));
}

Verdict judge(float score, const AnomalyModel& model) {
  Verdict verdict;
  if (!std::isfinite(score)) {
    verdict.unscored_reason = UnscoredReason::output_not_finite;
    return verdict;
  }
  verdict.score = score;
  verdict.margin = badness(score, model) - badness(model.threshold, model);
  verdict.status = verdict.margin >= 0 ? Status::anomaly : Status::normal;
  verdict.p_value = p_value(score, model);
  return verdict;
}

void name_attack(std::span<const float> probabilities, const AttackModel& model, Verdict& verdict) {
  const auto finite = [](float p) { return std::isfinite(p); };
  const bool usable = std::all_of(probabilities.begin(), probabilities.end(), finite);
  const auto best = std::max_element(probabilities.begin(), probabilities.end());
  const AttackLabel& label = model.labels[usable ? static_cast<std::size_t>(best - probabilities.begin()) : 0];
  const bool sure = usable && *best >= model.confidence_bound;
  if (verdict.status == Status::normal) {
    if (!sure || label.benign) return;
    verdict.status = Status::anomaly;
  }
  verdict.attack_type = sure && !label.benign ? label.name : kUnknownAttack;
  if (usable) verdict.confidence = *best;
}

}  // namespace weir::scoring
