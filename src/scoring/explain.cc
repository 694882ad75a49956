// SPDX-License-Identifier: Apache-2.0
#include "scoring/explain.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace weir::scoring {

namespace {

// How far a value lies from the benign median, in half-widths of the benign range on its side. Features that hardly
// vary would divide by nothing: any change of theirs is simply far.
double strangeness(float value, const FeatureBaseline& normal) {
  if (!std::isfinite(value)) return 0;
  const double distance = std::abs(static_cast<double>(value) - normal.median);
  const double side = value > normal.median ? normal.high - normal.median : normal.median - normal.low;
  constexpr double kHardlyAnything = 1e-9;
  return distance / std::max(side, kHardlyAnything);
}

// The indices of the n largest keys, largest first; equal keys in order of index, so that a replay explains alike.
std::vector<std::size_t> top(const std::vector<double>& keys, std::size_t n) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(n, order.size()));
  std::partial_sort(order.begin(), end, order.end(),
                    [&](std::size_t a, std::size_t b) { return keys[a] != keys[b] ? keys[a] > keys[b] : a < b; });
  order.erase(end, order.end());
  return order;
}

}  // namespace

Explainer::Explainer(std::vector<std::string> names, Baseline baseline, std::vector<float> median_input,
                     bool higher_is_worse, ExplainLimits limits)
    : names_(std::move(names)),
      baseline_(std::move(baseline)),
      median_input_(std::move(median_input)),
      higher_is_worse_(higher_is_worse),
      limits_(limits) {}

std::vector<std::size_t> Explainer::worst_rows(std::span<const Verdict> verdicts) const {
  std::vector<std::size_t> anomalous;
  std::vector<double> margins;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].status != Status::anomaly) continue;
    anomalous.push_back(i);
    margins.push_back(verdicts[i].margin);
  }
  std::vector<std::size_t> worst;
  for (const std::size_t i : top(margins, limits_.rows)) worst.push_back(anomalous[i]);
  return worst;
}

// Undefined features are left out: the model already saw them at a median.
std::vector<std::size_t> Explainer::candidates(std::span<const float> raw) const {
  std::vector<double> keys(raw.size());
  for (std::size_t j = 0; j < raw.size(); ++j) keys[j] = strangeness(raw[j], baseline_.features[j]);
  std::vector<std::size_t> chosen = top(keys, limits_.candidates);
  std::erase_if(chosen, [&](std::size_t j) { return keys[j] == 0; });
  return chosen;
}

Reason Explainer::reason(std::size_t feature, float value, float score, float without) const {
  const FeatureBaseline& normal = baseline_.features[feature];
  return {.feature = names_[feature],
          .value = value,
          .median = normal.median,
          .low = normal.low,
          .high = normal.high,
          .contribution = higher_is_worse_ ? score - without : without - score};
}

// What speaks for an attack, most telling first. When no single feature does, the strangest ones stay, so that the
// reader sees at least what is unusual.
std::vector<Reason> Explainer::keep_best(std::vector<Reason> reasons) const {
  constexpr std::size_t kAtLeast = 3;
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.contribution > b.contribution; });
  std::size_t keep = 0;
  while (keep < reasons.size() && reasons[keep].contribution > 0) ++keep;
  reasons.resize(std::min({std::max(keep, kAtLeast), limits_.reasons, reasons.size()}));
  return reasons;
}

std::size_t Explainer::explain(const RowMatrix& rows, Model& anomaly, std::span<Verdict> verdicts) {
  const std::size_t width = median_input_.size();
  const std::vector<std::size_t> worst = worst_rows(verdicts);
  std::vector<std::vector<std::size_t>> tried;
  occluded_.clear();
  for (const std::size_t i : worst) {
    tried.push_back(candidates(rows.raw.subspan(i * width, width)));
    const auto input = rows.input.subspan(i * width, width);
    for (const std::size_t j : tried.back()) {
      occluded_.insert(occluded_.end(), input.begin(), input.end());
      occluded_[occluded_.size() - width + j] = median_input_[j];
    }
  }
  scores_.resize(occluded_.size() / width);
  if (!scores_.empty() && !anomaly.run(occluded_, scores_.size(), scores_)) return 0;
  auto without = scores_.begin();
  for (std::size_t w = 0; w < worst.size(); ++w) {
    std::vector<Reason> reasons;
    for (const std::size_t j : tried[w]) {
      reasons.push_back(reason(j, rows.raw[worst[w] * width + j], verdicts[worst[w]].score, *without++));
    }
    verdicts[worst[w]].reasons = keep_best(std::move(reasons));
  }
  return worst.size();
}

}  // namespace weir::scoring
