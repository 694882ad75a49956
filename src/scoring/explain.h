// SPDX-License-Identifier: Apache-2.0
// Explainer: why a row is anomalous, for any model: set one feature at a time to its benign median and ask the model
// again (occlusion). What the score then gains towards normal is that feature's contribution.
//
// Only the features that lie farthest from their benign range are tried, and only the worst rows of a batch, so that a
// flood cannot make explaining dearer than scoring. Contributions do not add up to the score: features overlap.
// Cost: rows * candidates more rows through the model, in one run.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scoring/baseline.h"
#include "scoring/model.h"
#include "scoring/verdict.h"

namespace weir::scoring {

struct ExplainLimits {
  std::size_t rows = 64;        // per batch
  std::size_t candidates = 16;  // features tried per row
  std::size_t reasons = 6;      // kept per row
};

// Rows as measured and as the models see them: both [n, width].
struct RowMatrix {
  std::span<const float> raw;
  std::span<const float> input;
};

class Explainer {
 public:
  // `median_input`: what the model sees when every feature is at its benign median.
  Explainer(std::vector<std::string> names, Baseline baseline, std::vector<float> median_input, bool higher_is_worse,
            ExplainLimits limits);

  // Fills Verdict::reasons of the worst anomalous rows; `verdicts` stand beside `rows`. Returns how many it explained:
  // 0 also when the model fails, since a verdict without reasons is still a verdict.
  std::size_t explain(const RowMatrix& rows, Model& anomaly, std::span<Verdict> verdicts);

 private:
  std::vector<std::size_t> worst_rows(std::span<const Verdict> verdicts) const;
  std::vector<std::size_t> candidates(std::span<const float> raw) const;
  Reason reason(std::size_t feature, float value, float score, float without) const;
  std::vector<Reason> keep_best(std::vector<Reason> reasons) const;

  const std::vector<std::string> names_;
  const Baseline baseline_;
  const std::vector<float> median_input_;
  const bool higher_is_worse_;
  const ExplainLimits limits_;
  std::vector<float> occluded_;  // reused between batches
  std::vector<float> scores_;
};

}  // namespace weir::scoring
