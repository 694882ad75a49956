// SPDX-License-Identifier: Apache-2.0
// Explainer: why a row is anomalous, for any model: set features to their benign median and ask the model again (occlusion).
// What the score then gains towards normal is their contribution.
//
// Features that tell of the same thing are taken away together (feature_groups.h): one by one, the others would still hold up
// the score, and nothing would seem to matter. A reason names its group's strangest member. A feature that the catalogue does
// not know is a group of its own.
// Only the groups that lie farthest from their benign range are tried, and only the worst rows of a batch, so that a flood
// cannot make explaining dearer than scoring; of the other anomalous rows (up to a limit) the reasons say what is strange
// about them, with a contribution of zero, in the order of what moved the worst rows. Contributions do not add up to the score.
// What lies beyond the normal range comes before what only the company of other values makes odd: "9 us between two packets" convinces
// nobody, even where a tree asked for it.
// Cost: explained rows * tried groups more rows through the model, in one run: with the default limits at most a tenth of the
// batch when one row in a hundred is anomalous, a sixth when all are.
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
  std::size_t rows = 16;          // explained by occlusion in a batch; more in a large one:
  std::size_t rows_share = 64;    //   one row in so many
  std::size_t candidates = 10;    // groups tried per row
  std::size_t reasons = 6;        // kept per row
  std::size_t plain_rows = 1024;  // of the others in a batch, get reasons without contributions
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

  // Fills Verdict::reasons of the anomalous rows; `verdicts` stand beside `rows`. Returns how many it explained by occlusion:
  // 0 also when the model fails, since a verdict without reasons is still a verdict.
  std::size_t explain(const RowMatrix& rows, Model& anomaly, std::span<Verdict> verdicts);

 private:
  // A group on a row: how far its strangest member lies from normal.
  struct Candidate {
    std::size_t group = 0;
    std::size_t strangest = 0;  // feature
    double strangeness = 0;
  };

  std::vector<std::size_t> worst_rows(std::span<const Verdict> verdicts, std::size_t limit) const;
  std::vector<Candidate> candidates(std::span<const float> raw) const;
  Reason reason(const Candidate& candidate, float value, float contribution) const;
  std::vector<Reason> keep_best(std::vector<Reason> reasons) const;
  void order_by_gain(std::vector<Candidate>& candidates, const std::vector<float>& gain_by_group) const;
  double strangeness(std::size_t feature, float value) const;

  const std::vector<std::string> names_;
  const Baseline baseline_;
  const std::vector<float> median_input_;
  const bool higher_is_worse_;
  const ExplainLimits limits_;
  std::vector<std::vector<std::size_t>> groups_;  // features by group; constant after construction
  std::vector<double> least_widths_;              // by feature: a narrower normal range counts as this wide
  std::vector<float> occluded_;                   // reused between batches
  std::vector<float> scores_;
};

}  // namespace weir::scoring
