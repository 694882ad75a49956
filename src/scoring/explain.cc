// SPDX-License-Identifier: Apache-2.0
#include "scoring/explain.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "features/schema.h"
#include "scoring/feature_groups.h"

namespace weir::scoring {

namespace {

// A feature that hardly varied in normal traffic is not infinitely strange at its first change: what a step of it means
// depends on its unit.
double least_width(std::string_view name) {
  constexpr double kHardlyAnything = 1e-9;
  const std::size_t index = features::find_feature(name);
  if (index == features::kFeatureCount) return kHardlyAnything;
  const std::string_view unit = features::kFeatures[index].unit;
  if (unit == "ratio") return 0.1;
  if (unit == "bytes" || unit == "bytes/s") return 200;
  if (unit == "us") return 10'000;
  if (unit.starts_with("log2")) return 0.5;
  return 2;  // counts
}

std::vector<std::vector<std::size_t>> grouped(const std::vector<std::string>& names) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<FeatureGroup, std::size_t> known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FeatureGroup group = group_of(names[i]);
    if (group == FeatureGroup::other) {
      groups.push_back({i});
    } else if (const auto [at, added] = known.try_emplace(group, groups.size()); added) {
      groups.push_back({i});
    } else {
      groups[at->second].push_back(i);
    }
  }
  return groups;
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
      limits_(limits),
      groups_(grouped(names_)) {
  for (const std::string& name : names_) least_widths_.push_back(least_width(name));
}

// The worst first.
std::vector<std::size_t> Explainer::worst_rows(std::span<const Verdict> verdicts, std::size_t limit) const {
  std::vector<std::size_t> anomalous;
  std::vector<double> margins;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].status != Status::anomaly) continue;
    anomalous.push_back(i);
    margins.push_back(verdicts[i].margin);
  }
  std::vector<std::size_t> worst;
  for (const std::size_t i : top(margins, limit)) worst.push_back(anomalous[i]);
  return worst;
}

// How far a value lies from the benign median, in half-widths of the benign range on its side. An undefined one is not strange:
// the model already saw it at a median.
double Explainer::strangeness(std::size_t feature, float value) const {
  if (!std::isfinite(value)) return 0;
  const FeatureBaseline& normal = baseline_.features[feature];
  const double distance = std::abs(static_cast<double>(value) - normal.median);
  const double side = value > normal.median ? normal.high - normal.median : normal.median - normal.low;
  return distance / std::max(side, least_widths_[feature]);
}

std::vector<Explainer::Candidate> Explainer::candidates(std::span<const float> raw) const {
  std::vector<Candidate> all;
  std::vector<double> keys;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Candidate candidate{.group = g, .strangest = groups_[g].front(), .strangeness = 0};
    for (const std::size_t feature : groups_[g]) {
      const double strange = strangeness(feature, raw[feature]);
      if (strange > candidate.strangeness) candidate = {g, feature, strange};
    }
    all.push_back(candidate);
    keys.push_back(candidate.strangeness);
  }
  std::vector<Candidate> chosen;
  for (const std::size_t g : top(keys, limits_.candidates)) {
    if (keys[g] > 0) chosen.push_back(all[g]);
  }
  return chosen;
}

Reason Explainer::reason(const Candidate& candidate, float value, float contribution) const {
  const FeatureBaseline& normal = baseline_.features[candidate.strangest];
  return {.feature = names_[candidate.strangest],
          .value = value,
          .median = normal.median,
          .low = normal.low,
          .high = normal.high,
          .contribution = contribution};
}

// What speaks for an attack, most telling first: beyond the normal range before within it. When nothing does by itself, the
// strangest stay, so that the reader sees at least what is unusual.
std::vector<Reason> Explainer::keep_best(std::vector<Reason> reasons) const {
  constexpr std::size_t kAtLeast = 3;
  const auto telling = [](const Reason& reason) {
    return std::pair(reason.contribution > 0 && beyond_normal(reason), reason.contribution);
  };
  std::stable_sort(reasons.begin(), reasons.end(),
                   [&](const Reason& a, const Reason& b) { return telling(a) > telling(b); });
  std::size_t keep = 0;
  while (keep < reasons.size() && telling(reasons[keep]).first) ++keep;
  reasons.resize(std::min({std::max(keep, kAtLeast), limits_.reasons, reasons.size()}));
  return reasons;
}

// The order for rows whose own gains nobody measured: beyond the normal range first, then by what the group gained elsewhere.
void Explainer::order_by_gain(std::vector<Candidate>& candidates, const std::vector<float>& gain_by_group) const {
  const auto key = [&](const Candidate& c) { return std::pair(c.strangeness > 1, gain_by_group[c.group]); };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return key(a) > key(b); });
}

std::size_t Explainer::explain(const RowMatrix& rows, Model& anomaly, std::span<Verdict> verdicts) {
  const std::size_t width = median_input_.size();
  const std::size_t asked_rows =
      limits_.rows == 0 ? 0 : std::max(limits_.rows, verdicts.size() / std::max<std::size_t>(limits_.rows_share, 1));
  const std::vector<std::size_t> worst = worst_rows(verdicts, limits_.rows == 0 ? 0 : asked_rows + limits_.plain_rows);
  const std::size_t asked = std::min(asked_rows, worst.size());
  std::vector<std::vector<Candidate>> tried;
  occluded_.clear();
  for (std::size_t w = 0; w < worst.size(); ++w) {
    tried.push_back(candidates(rows.raw.subspan(worst[w] * width, width)));
    if (w >= asked) continue;
    const auto input = rows.input.subspan(worst[w] * width, width);
    for (const Candidate& candidate : tried.back()) {
      occluded_.insert(occluded_.end(), input.begin(), input.end());
      float* const row = occluded_.data() + occluded_.size() - width;
      for (const std::size_t feature : groups_[candidate.group]) row[feature] = median_input_[feature];
    }
  }
  scores_.resize(occluded_.size() / width);
  const bool answered = scores_.empty() || anomaly.run(occluded_, scores_.size(), scores_).has_value();
  auto without = scores_.begin();
  std::vector<float> gain_by_group(groups_.size());  // of all rows that were asked about
  for (std::size_t w = 0; w < worst.size(); ++w) {
    Verdict& verdict = verdicts[worst[w]];
    const bool measured = answered && w < asked;
    if (!measured) order_by_gain(tried[w], gain_by_group);
    std::vector<Reason> reasons;
    for (const Candidate& candidate : tried[w]) {
      float contribution = 0;
      if (measured) {
        const float gained = *without++ - verdict.score;
        contribution = higher_is_worse_ ? -gained : gained;
        gain_by_group[candidate.group] += contribution;
      }
      reasons.push_back(reason(candidate, rows.raw[worst[w] * width + candidate.strangest], contribution));
    }
    verdict.reasons = keep_best(std::move(reasons));
  }
  return answered ? asked : 0;
}

}  // namespace weir::scoring
