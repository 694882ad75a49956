// SPDX-License-Identifier: Apache-2.0
// Learner: the first minutes of a run, in which weir learns what is normal here and raises no alert (--calibrate-for).
// Rows are scored and taken down; when the time is over, in packet time, the detector takes on what they say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "features/feature_batch.h"
#include "scoring/calibrated_bundle.h"
#include "scoring/detector.h"

namespace weir::pipeline {

struct LearnConfig {
  base::Duration time{0};  // 0 = do not learn
  scoring::CalibrationOptions options{};
};

class Learner {
 public:
  Learner(const LearnConfig& config, scoring::Detector& detector);

  // Rows of the slice that ends then, and their verdicts: what looks anomalous becomes normal, since nobody knows yet.
  void take_down(base::Timestamp slice_end, std::span<const features::RowView> rows,
                 std::span<scoring::Verdict> verdicts);

  // Whether a slice with this end is beyond the time of learning.
  bool is_over(base::Timestamp slice_end) const { return until_ && slice_end > *until_; }

  // The detector judges by what was learnt from now on; an error says why it goes on as it was shipped.
  base::Result<scoring::Calibration> teach();

  std::span<const scoring::CalibrationSample> samples() const { return samples_; }
  std::optional<base::Timestamp> until() const { return until_; }

 private:
  const LearnConfig config_;
  scoring::Detector& detector_;
  std::optional<base::Timestamp> until_;  // set by the first row
  std::vector<scoring::CalibrationSample> samples_;
  scoring::NormalRows rows_;
};

}  // namespace weir::pipeline
