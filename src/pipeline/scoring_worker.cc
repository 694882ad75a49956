// SPDX-License-Identifier: Apache-2.0
#include "pipeline/scoring_worker.h"

#include <chrono>
#include <utility>

namespace weir::pipeline {

namespace {

using scoring::Status;
using scoring::UnscoredReason;

base::Timestamp wall_now() { return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now()); }

}  // namespace

ScoringWorker::ScoringWorker(RowQueue& rows, scoring::Detector& detector, alerting::Policy policy,
                             store::BatchWriter& writer, std::size_t capture_workers, ThroughputListener on_throughput)
    : rows_(rows),
      detector_(detector),
      policy_(std::move(policy)),
      writer_(writer),
      capture_workers_(capture_workers),
      on_throughput_(std::move(on_throughput)) {}

void ScoringWorker::run() {
  while (auto batch = rows_.pop()) process(*batch);
  flush_throughput();
}

void ScoringWorker::process(RowBatch& batch) {
  const auto begin = std::chrono::steady_clock::now();
  score(batch);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::vector<alerting::Detection> detections = detections_of(batch);
  account(batch, spent.count(), detections.size());
  if (!detections.empty()) writer_.submit(std::move(detections));
  if (batch.throughput) join_throughput(*batch.throughput);
}

void ScoringWorker::score(const RowBatch& batch) {
  if (!batch.overload) {
    detector_.score(batch.rows, verdicts_);
    return;
  }
  scoring::Verdict no_room;
  no_room.unscored_reason = UnscoredReason::overload;
  verdicts_.assign(batch.rows.size(), no_room);
}

std::vector<alerting::Detection> ScoringWorker::detections_of(const RowBatch& batch) {
  std::vector<alerting::Detection> detections;
  const base::Timestamp now = wall_now();
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (!policy_.keeps(batch.rows.row(i), verdicts_[i].status)) continue;
    detections.push_back(
        policy_.detect(batch.rows.row(i), verdicts_[i], batch.rows.tick, now, inputs_of(batch.rows.values(i))));
  }
  return detections;
}

std::vector<float> ScoringWorker::inputs_of(std::span<const float> values) const {
  std::vector<float> inputs;
  inputs.reserve(detector_.feature_columns().size());
  for (const auto column : detector_.feature_columns()) inputs.push_back(values[column]);
  return inputs;
}

void ScoringWorker::account(const RowBatch& batch, double seconds, std::size_t kept) {
  std::lock_guard lock(report_mutex_);
  for (const scoring::Verdict& verdict : verdicts_) {
    switch (verdict.unscored_reason) {
      case UnscoredReason::none: ++report_.rows_scored; break;
      case UnscoredReason::overload: ++report_.rows_unscored_overload; break;
      case UnscoredReason::model_failed: ++report_.rows_unscored_model_failed; break;
      case UnscoredReason::output_not_finite: ++report_.rows_unscored_not_finite; break;
    }
    report_.rows_anomalous += verdict.status == Status::anomaly;
  }
  report_.detections += kept;
  if (!batch.overload) report_.seconds += seconds;
}

// Each capture worker closes the same ticks; the sensor's throughput is their sum.
void ScoringWorker::join_throughput(const store::ThroughputSample& sample) {
  PartialTick& tick = ticks_[sample.at];
  if (tick.workers == 0) {
    tick.sum = sample;
  } else {
    tick.sum.packets += sample.packets;
    tick.sum.bytes += sample.bytes;
    tick.sum.flows_started += sample.flows_started;
    tick.sum.flows_open += sample.flows_open;
    tick.sum.rejected_packets += sample.rejected_packets;
    tick.sum.dropped_packets += sample.dropped_packets;
  }
  if (++tick.workers == capture_workers_) {
    tell(tick.sum);
    ticks_.erase(sample.at);
  }
}

// At the end, workers may have stopped within different ticks.
void ScoringWorker::flush_throughput() {
  for (const auto& [at, tick] : ticks_) tell(tick.sum);
  ticks_.clear();
}

void ScoringWorker::tell(const store::ThroughputSample& sample) {
  writer_.submit(sample);
  if (on_throughput_) on_throughput_(sample);
}

ScoringReport ScoringWorker::report() const {
  std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace weir::pipeline
