// SPDX-License-Identifier: Apache-2.0
#include "pipeline/learner.h"

#include <algorithm>

namespace weir::pipeline {

Learner::Learner(const LearnConfig& config, scoring::Detector& detector)
    : config_(config), detector_(detector), rows_(detector.feature_columns().size()) {}

void Learner::take_down(base::Timestamp slice_end, std::span<const features::RowView> rows,
                        std::span<scoring::Verdict> verdicts) {
  if (!until_ && !rows.empty()) until_ = slice_end + config_.time;
  std::vector<float> inputs;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    scoring::Verdict& verdict = verdicts[i];
    if (verdict.status == scoring::Status::unscored) continue;
    const flow::FlowIdentity& flow = rows[i].row->flow;
    samples_.push_back({flow.src_ip, scoring::Service::of(flow), slice_end, verdict.score});
    inputs.clear();
    for (const std::size_t column : detector_.feature_columns()) inputs.push_back(rows[i].values[column]);
    rows_.add(flow.src_ip, inputs);
    if (verdict.status != scoring::Status::anomaly) continue;
    verdict.status = scoring::Status::normal;
    verdict.margin = std::min(verdict.margin, 0.0F);
    verdict.attack_type.clear();
    verdict.confidence.reset();
    verdict.reasons.clear();
  }
}

base::Result<scoring::Calibration> Learner::teach() {
  const scoring::Bundle& bundle = detector_.bundle();
  auto calibration = scoring::calibrate(samples_, scoring::score_scale(bundle.manifest), config_.options);
  if (!calibration) return calibration;
  calibration->origin = "the first minutes of the run";
  detector_.adopt(*calibration, scoring::learn_baseline(rows_, *calibration, bundle.baseline));
  return calibration;
}

}  // namespace weir::pipeline
