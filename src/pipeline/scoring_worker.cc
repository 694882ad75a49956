// SPDX-License-Identifier: Apache-2.0
#include "pipeline/scoring_worker.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/plain_bytes.h"

namespace weir::pipeline {

namespace {

using scoring::Status;
using scoring::UnscoredReason;

// Rows that go through the models, and on to the writer, together: a slice of a flood holds more.
constexpr std::size_t kRowsAtOnce = 4096;

scoring::Verdict without_room() {
  scoring::Verdict verdict;
  verdict.unscored_reason = UnscoredReason::overload;
  return verdict;
}

// A flow's last row without news: an earlier one was judged so, or it would be kept. Its score is not known any more.
scoring::Verdict known_as_normal() {
  scoring::Verdict verdict;
  verdict.status = Status::normal;
  verdict.score = std::numeric_limits<float>::quiet_NaN();
  return verdict;
}

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
      joiner_(config_.capture_workers, config_.most_rows_joined,
              [this](std::span<RowBatch> slice) { process(slice); }) {
  current_ = rules_.detector;
  if (config_.learn.time > base::Duration(0)) {
    report_.learning = true;
    learner_.emplace(config_.learn, *rules_.detector);
    describe_calibration("learning what is normal here: no alerts yet");
  } else {
    describe_calibration(origin_of(*rules_.detector));
    begin_to_follow();
  }
}

bool ScoringWorker::take_up(Rules rules) {
  std::lock_guard lock(report_mutex_);
  // What is being learnt is learnt about the detector that judges now.
  if (report_.learning && rules.detector != current_) return false;
  if (rules.detector != current_) report_.adapted_version.clear();
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
  if (other_model) {
    if (std::exchange(follower_, {})) {
      std::lock_guard lock(report_mutex_);
      report_.adaptation.reset();
    }
    describe_calibration(origin_of(*rules_.detector));
    if (!learner_) begin_to_follow();
  } else {
    call_verdicts_by_threshold(false);
  }
}

void ScoringWorker::run() {
  while (auto batch = rows_.pop()) {
    if (batch->checkpoint != 0) {
      note_mark(*batch);
    } else if (batch->last_of_worker) {
      joiner_.end(batch->worker);
    } else {
      joiner_.push(batch->worker, std::move(*batch));
    }
    if (may_save() && marks_.checkpoint != Checkpointer::kLast) save(std::exchange(marks_, {}).checkpoint);
  }
  if (learner_) learn_until(base::Timestamp::max());
  if (follower_) follower_->save(true);
  flush_throughput();
  if (may_save()) save(marks_.checkpoint);
}

void ScoringWorker::note_mark(const RowBatch& mark) {
  if (marks_.checkpoint != mark.checkpoint) marks_ = {.checkpoint = mark.checkpoint};
  ++marks_.workers;
  marks_.last_slice = joiner_.newest();
}

// Every worker has saved its part, and no row from before that waits for its slice.
bool ScoringWorker::may_save() const {
  return checkpointer_ != nullptr && marks_.checkpoint != 0 && marks_.workers == config_.capture_workers &&
         !joiner_.waits_until(marks_.last_slice);
}

void ScoringWorker::save(std::uint64_t number) {
  context_.save(Checkpointer::kPieceBytes, [&](std::vector<std::byte>&& bytes) {
    checkpointer_->put(number, {PieceKind::context, 0, std::move(bytes)});
  });
  const std::string& version = this->version();
  kept_.save(Checkpointer::kPieceBytes, [&](std::vector<std::byte>&& verdicts) {
    CheckpointPiece piece{PieceKind::kept, 0, {}};
    base::put_plain(piece.bytes, static_cast<std::uint32_t>(version.size()));
    const auto name = std::as_bytes(std::span(version));
    piece.bytes.insert(piece.bytes.end(), name.begin(), name.end());
    piece.bytes.insert(piece.bytes.end(), verdicts.begin(), verdicts.end());
    checkpointer_->put(number, std::move(piece));
  });
  if (config_.audience != nullptr) config_.audience->mark();
  checkpointer_->complete(number, writer_.ticket());
}

bool ScoringWorker::restore(const CheckpointPiece& piece) {
  return piece.kind == PieceKind::kept ? restore_verdicts(piece.bytes) : context_.restore(piece.bytes);
}

// Those of another model cannot be compared: its detections stay as they are.
bool ScoringWorker::restore_verdicts(std::span<const std::byte> piece) {
  base::PlainReader reader(piece);
  std::uint32_t length = 0;
  std::span<const std::byte> name;
  if (!reader.take(length) || !reader.take(name, length)) return false;
  const std::string_view version(reinterpret_cast<const char*>(name.data()), name.size());
  return version != this->version() || kept_.restore(piece.subspan(sizeof length + length));
}

std::uint64_t ScoringWorker::hosts_restored() {
  context_.restored();
  const features::HostContextReport known = context_.report();
  return std::max(known.sources, known.destinations);
}

void ScoringWorker::process(std::span<RowBatch> slice) {
  take_up_next();
  if (learner_) learn_until(slice.front().rows.tick);
  if (follower_ && follower_->advance(slice.front().rows.tick)) call_verdicts_by_threshold(true);
  Places places = add_context(slice);
  while (!places.empty()) {
    const std::size_t count = std::min(kRowsAtOnce, places.size());
    process(slice, places.first(count));
    places = places.subspan(count);
  }
  for (RowBatch& batch : slice) {
    if (batch.throughput) join_throughput(*batch.throughput);
    rows_.done(std::move(batch));
  }
  if (!follower_) return;
  follower_->save();
  std::lock_guard lock(report_mutex_);
  report_.adaptation = follower_->report();
}

// Rows that there is no room to score still tell what their hosts do.
ScoringWorker::Places ScoringWorker::add_context(std::span<RowBatch> slice) {
  const auto begin = std::chrono::steady_clock::now();
  batches_.clear();
  for (RowBatch& batch : slice) batches_.push_back({&batch.rows, !batch.overload});
  const Places places = context_.fill(batches_);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::lock_guard lock(report_mutex_);
  report_.seconds += spent.count();
  report_.context = context_.report();
  return places;
}

void ScoringWorker::learn_until(base::Timestamp slice_end) {
  if (!learner_->is_over(slice_end)) return;
  const base::Result<scoring::Calibration> learnt = learner_->teach();
  describe_calibration(learnt ? fmt::format("calibrated with {} rows of {}", learnt->rows, learnt->origin)
                              : "as shipped: nothing was learnt, " + learnt.error().message());
  if (config_.on_learnt) config_.on_learnt(learnt, learner_->samples(), *rules_.detector);
  learner_.reset();
  {
    std::lock_guard lock(report_mutex_);
    report_.learning = false;
  }
  begin_to_follow();
}

void ScoringWorker::begin_to_follow() {
  if (!config_.follow.on) return;
  follower_ = Follower::make(config_.follow, *rules_.detector);
  if (follower_) call_verdicts_by_threshold(false);
}

// A threshold that was moved judges under a name of its own. `anew`: it was moved just now. Flows that were kept before go on under the
// name that judged them, as with another model.
void ScoringWorker::call_verdicts_by_threshold(bool anew) {
  if (!follower_) return;
  if (anew) {
    former_ = std::exchange(kept_, KeptFlows());
    former_policy_ = rules_.policy;
  }
  const std::string version = follower_->version();
  const bool own = version == rules_.detector->version();
  rules_.policy = std::make_shared<const alerting::Policy>(rules_.policy->under(version));
  std::lock_guard lock(report_mutex_);
  report_.threshold = rules_.detector->threshold();
  report_.adaptation = follower_->report();
  // Unless another model waits already: then that is the one to be named.
  if (current_ == rules_.detector) report_.adapted_version = own ? "" : version;
  version_ = version;
}

// What verdicts are called by.
const std::string& ScoringWorker::version() const { return follower_ ? version_ : rules_.detector->version(); }

void ScoringWorker::describe_calibration(std::string sentence) {
  std::lock_guard lock(report_mutex_);
  report_.threshold = rules_.detector->threshold();
  report_.calibration = std::move(sentence);
}

void ScoringWorker::process(std::span<const RowBatch> slice, Places places) {
  const auto begin = std::chrono::steady_clock::now();
  score(slice, places);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;

  Outcome outcome{.slice_end = slice.front().rows.tick, .now = wall_now(), .detections = {}, .ended = {}};
  std::size_t overload = 0, repeated = 0;
  auto verdict = verdicts_.cbegin();
  for (const auto& [batch, row] : places) {
    const features::RowView view = slice[batch].rows.view(row);
    bool kept = true;
    const scoring::Verdict* judged = nullptr;
    if (view.row->news.none()) {
      ++repeated;
      kept = go_on(*view.row, outcome);
    } else if (slice[batch].overload) {
      ++overload;
      kept = judge(view, without_room(), outcome);  // always
    } else {
      judged = &*verdict++;
      kept = judge(view, *judged, outcome);
      if (follower_) {
        const bool hidden = kept && !outcome.detections.back().suppressed_by.empty();
        follower_->see(view.row->flow, *judged, hidden);
      }
    }
    if (view.row->kind != features::RowKind::final) continue;
    if (!kept) tell_of_end(*view.row, judged ? *judged : known_as_normal(), outcome);
    forget(view.row->flow.uid);
  }
  account(spent.count(), overload, repeated, outcome.detections.size());
  if (config_.audience != nullptr && !(outcome.detections.empty() && outcome.ended.empty())) {
    config_.audience->tell(outcome.detections, outcome.ended);
  }
  if (!outcome.detections.empty()) writer_.submit(std::move(outcome.detections));
}

// The verdicts on those rows that have something new to say, and for which there was room, in their order.
void ScoringWorker::score(std::span<const RowBatch> slice, Places places) {
  asked_.clear();
  for (const auto& [batch, row] : places) {
    const features::RowView view = slice[batch].rows.view(row);
    if (!slice[batch].overload && !view.row->news.none()) asked_.push_back(view);
  }
  rules_.detector->score(asked_, verdicts_);
  if (learner_) learner_->take_down(slice.front().rows.tick, asked_, verdicts_);
}

// False when the row is not kept.
bool ScoringWorker::judge(const features::RowView& view, const scoring::Verdict& verdict, Outcome& outcome) {
  const features::Row& row = *view.row;
  const scoring::Verdict* worst = kept_.find(row.flow.uid);
  if ((worst && !worse(verdict, *worst)) || !rules_.policy->keeps(row, verdict.status)) return go_on(row, outcome);
  outcome.detections.push_back(
      rules_.policy->detect(row, verdict, outcome.slice_end, outcome.now, inputs_of(view.values)));
  kept_.remember(row.flow.uid, verdict);
  return true;
}

// What a kept flow did after its worst row: the verdict stays, the facts are newer. False when it is not kept.
bool ScoringWorker::go_on(const features::Row& row, Outcome& outcome) const {
  if (const scoring::Verdict* worst = kept_.find(row.flow.uid)) {
    outcome.detections.push_back(rules_.policy->detect(row, *worst, outcome.slice_end, outcome.now, {}));
  } else if (const scoring::Verdict* before = former_.find(row.flow.uid)) {
    outcome.detections.push_back(former_policy_->detect(row, *before, outcome.slice_end, outcome.now, {}));
  } else {
    return false;
  }
  return true;
}

void ScoringWorker::tell_of_end(const features::Row& row, const scoring::Verdict& verdict, Outcome& outcome) const {
  if (config_.audience == nullptr || !config_.audience->wants_every_flow()) return;
  outcome.ended.push_back(rules_.policy->detect(row, verdict, outcome.slice_end, outcome.now, {}));
}

void ScoringWorker::forget(const flow::FlowUid& uid) {
  kept_.forget(uid);
  former_.forget(uid);
}

std::vector<float> ScoringWorker::inputs_of(const float* values) const {
  std::vector<float> inputs;
  inputs.reserve(rules_.detector->feature_columns().size());
  for (const auto column : rules_.detector->feature_columns()) inputs.push_back(values[column]);
  return inputs;
}

void ScoringWorker::account(double seconds, std::size_t overload, std::size_t repeated, std::size_t kept) {
  std::lock_guard lock(report_mutex_);
  for (const scoring::Verdict& verdict : verdicts_) {
    switch (verdict.unscored_reason) {
      case UnscoredReason::none: ++report_.rows_scored; break;
      case UnscoredReason::overload: break;  // none of these was asked about
      case UnscoredReason::model_failed: ++report_.rows_unscored_model_failed; break;
      case UnscoredReason::output_not_finite: ++report_.rows_unscored_not_finite; break;
    }
    report_.rows_anomalous += verdict.status == Status::anomaly;
  }
  report_.rows_unscored_overload += overload;
  report_.rows_repeated += repeated;
  report_.detections += kept;
  report_.seconds += seconds;
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
