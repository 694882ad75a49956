// SPDX-License-Identifier: Apache-2.0
#include "pipeline/scoring_worker.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace weir::pipeline {

namespace {

using scoring::Status;
using scoring::UnscoredReason;

// Rows that may wait for a worker that is behind: beyond it a slice is taken in parts.
constexpr std::size_t kMostRowsJoined = 131'072;

base::Timestamp wall_now() { return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now()); }

// Whose normal a bundle knows.
std::string origin_of(const scoring::Detector& detector) {
  const auto& calibration = detector.bundle().manifest.calibration;
  return calibration ? fmt::format("calibrated with {}", calibration->origin)
                     : "as shipped: not calibrated to this network";
}

}  // namespace

ScoringWorker::ScoringWorker(RowQueue& rows, Rules rules, store::BatchWriter& writer, ScoringConfig config)
    : rows_(rows),
      writer_(writer),
      config_(std::move(config)),
      rules_(std::move(rules)),
      context_(config_.context),
      joiner_(config_.capture_workers, kMostRowsJoined, [this](std::span<RowBatch> slice) { process(slice); }) {
  current_ = rules_.detector;
  if (config_.learn.time > base::Duration(0)) {
    report_.learning = true;
    learner_.emplace(config_.learn, *rules_.detector);
    describe_calibration("learning what is normal here: no alerts yet");
  } else {
    describe_calibration(origin_of(*rules_.detector));
  }
}

bool ScoringWorker::take_up(Rules rules) {
  std::lock_guard lock(report_mutex_);
  // What is being learnt is learnt about the detector that judges now.
  if (report_.learning && rules.detector != current_) return false;
  current_ = rules.detector;
  next_ = std::move(rules);
  return true;
}

void ScoringWorker::take_up_next() {
  std::optional<Rules> next;
  {
    std::lock_guard lock(report_mutex_);
    next.swap(next_);
  }
  if (!next) return;
  const bool other_model = next->detector != rules_.detector;
  if (other_model) {
    // Scores of two models cannot be compared: what the old one kept goes on under its own name.
    former_ = std::move(kept_);
    former_policy_ = rules_.policy;
    kept_ = KeptFlows();
  }
  rules_ = std::move(*next);
  if (other_model) describe_calibration(origin_of(*rules_.detector));
}

void ScoringWorker::run() {
  while (auto batch = rows_.pop()) {
    if (batch->last_of_worker) {
      joiner_.end(batch->worker);
    } else {
      joiner_.push(batch->worker, std::move(*batch));
    }
  }
  if (learner_) learn_until(base::Timestamp::max());
  flush_throughput();
}

void ScoringWorker::process(std::span<RowBatch> slice) {
  if (learner_) learn_until(slice.front().rows.tick);
  const double seconds = add_context(slice);
  for (RowBatch& batch : slice) process(batch);
  std::lock_guard lock(report_mutex_);
  report_.seconds += seconds;
  report_.context = context_.report();
}

// Rows that there is no room to score still tell what their hosts do.
double ScoringWorker::add_context(std::span<RowBatch> slice) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<features::HostContext::Rows> rows;
  for (RowBatch& batch : slice) rows.push_back({&batch.rows, !batch.overload});
  context_.fill(rows);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void ScoringWorker::learn_until(base::Timestamp slice_end) {
  if (!learner_->is_over(slice_end)) return;
  const base::Result<scoring::Calibration> learnt = learner_->teach();
  describe_calibration(learnt ? fmt::format("calibrated with {} rows of {}", learnt->rows, learnt->origin)
                              : "as shipped: nothing was learnt, " + learnt.error().message());
  if (config_.on_learnt) config_.on_learnt(learnt, learner_->samples(), *rules_.detector);
  learner_.reset();
  std::lock_guard lock(report_mutex_);
  report_.learning = false;
}

void ScoringWorker::describe_calibration(std::string sentence) {
  std::lock_guard lock(report_mutex_);
  report_.threshold = rules_.detector->threshold();
  report_.calibration = std::move(sentence);
}

void ScoringWorker::process(RowBatch& batch) {
  take_up_next();
  set_repeats_aside(batch);
  const auto begin = std::chrono::steady_clock::now();
  score(batch);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::vector<alerting::Detection> detections = detections_of(batch);
  account(batch, spent.count(), detections.size());
  if (!detections.empty()) writer_.submit(std::move(detections));
  if (batch.throughput) join_throughput(*batch.throughput);
}

void ScoringWorker::set_repeats_aside(RowBatch& batch) {
  repeats_.clear();
  for (const features::Row& row : batch.rows.rows()) {
    if (row.news.none()) repeats_.push_back(row);
  }
  if (!repeats_.empty()) batch.rows.keep_if([&](std::size_t i) { return !batch.rows.row(i).news.none(); });
}

void ScoringWorker::score(const RowBatch& batch) {
  if (!batch.overload) {
    rules_.detector->score(batch.rows, verdicts_);
    if (learner_) learner_->take_down(batch.rows, verdicts_);
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
    const features::Row& row = batch.rows.row(i);
    const scoring::Verdict& verdict = verdicts_[i];
    const scoring::Verdict* worst = kept_.find(row.flow.uid);
    if (worst && !worse(verdict, *worst)) {
      go_on(row, batch.rows.tick, detections);
    } else if (rules_.policy->keeps(row, verdict.status)) {
      detections.push_back(rules_.policy->detect(row, verdict, batch.rows.tick, now, inputs_of(batch.rows.values(i))));
      kept_.remember(row.flow.uid, verdict);
    } else {
      go_on(row, batch.rows.tick, detections);
    }
    if (row.kind == features::RowKind::final) forget(row.flow.uid);
  }
  for (const features::Row& row : repeats_) {
    go_on(row, batch.rows.tick, detections);
    forget(row.flow.uid);
  }
  return detections;
}

// What a kept flow did after its worst row: the verdict stays, the facts are newer.
void ScoringWorker::go_on(const features::Row& row, base::Timestamp tick,
                          std::vector<alerting::Detection>& detections) const {
  if (const scoring::Verdict* worst = kept_.find(row.flow.uid)) {
    detections.push_back(rules_.policy->detect(row, *worst, tick, wall_now(), {}));
  } else if (const scoring::Verdict* before = former_.find(row.flow.uid)) {
    detections.push_back(former_policy_->detect(row, *before, tick, wall_now(), {}));
  }
}

void ScoringWorker::forget(const flow::FlowUid& uid) {
  kept_.forget(uid);
  former_.forget(uid);
}

std::vector<float> ScoringWorker::inputs_of(std::span<const float> values) const {
  std::vector<float> inputs;
  inputs.reserve(rules_.detector->feature_columns().size());
  for (const auto column : rules_.detector->feature_columns()) inputs.push_back(values[column]);
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
  report_.rows_repeated += repeats_.size();
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
  if (++tick.workers == config_.capture_workers) {
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
  if (config_.on_throughput) config_.on_throughput(sample);
}

ScoringReport ScoringWorker::report() const {
  std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace weir::pipeline
