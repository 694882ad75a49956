// SPDX-License-Identifier: Apache-2.0
// ScoringWorker: one thread from rows to detections:
//
//   row queue -> rows of a slice, of all workers, joined -> context of hosts -> detector -> policy -> batch writer
//
// The rows of a slice are judged in the order that the context puts them in, so that everything which is said of them, the reasons
// too (of which a batch gets only so many), is the same however many workers there are.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "alerting/policy.h"
#include "features/host_context.h"
#include "features/slice_joiner.h"
#include "pipeline/audience.h"
#include "pipeline/checkpointer.h"
#include "pipeline/follower.h"
#include "pipeline/kept_flows.h"
#include "pipeline/learner.h"
#include "pipeline/row_queue.h"
#include "scoring/detector.h"
#include "store/batch_writer.h"

namespace weir::pipeline {

struct ScoringReport {
  std::uint64_t rows_scored = 0;
  std::uint64_t rows_repeated = 0;  // final rows without news: their flow's verdict stands
  std::uint64_t rows_unscored_overload = 0;
  std::uint64_t rows_unscored_model_failed = 0;
  std::uint64_t rows_unscored_not_finite = 0;
  std::uint64_t rows_anomalous = 0;
  std::uint64_t detections = 0;                         // handed to the writer, one per row that is kept
  double seconds = 0;                                   // spent on the context and in the models
  features::HostContextReport context{};
  float threshold = 0;
  bool learning = false;                                // what is normal here
  std::string calibration;                              // how the model came to fit this network, in a sentence
  std::string adapted_version;                          // that verdicts are called by; empty: the model's own
  std::optional<scoring::AdaptationReport> adaptation;  // none: the threshold stays as it is

  std::uint64_t rows_unscored() const {
    return rows_unscored_overload + rows_unscored_model_failed + rows_unscored_not_finite;
  }
};

// What rows are judged by; replaced as a whole by a reload.
struct Rules {
  std::shared_ptr<scoring::Detector> detector;  // shared with the pipeline's status, which reads its constant part
  std::shared_ptr<const alerting::Policy> policy;
};

using ThroughputListener = std::function<void(const store::ThroughputSample&)>;

// Called by the scoring thread when the time of learning is over: what was learnt, and from what; or why nothing was.
using LearntListener = std::function<void(const base::Result<scoring::Calibration>&,
                                          std::span<const scoring::CalibrationSample>, const scoring::Detector&)>;

struct ScoringConfig {
  std::size_t capture_workers = 1;
  std::size_t most_rows_joined =
      features::kMostRowsJoined;  // may wait for a worker that is behind: beyond it a slice is taken in parts
  features::HostContextConfig context{};
  LearnConfig learn{};
  ThroughputListener on_throughput{};
  Audience* audience = nullptr;  // borrowed; null: nobody listens
  LearntListener on_learnt{};
  FollowConfig follow{};
};

class ScoringWorker {
 public:
  ScoringWorker(RowQueue& rows, Rules rules, store::BatchWriter& writer, ScoringConfig config);

  // Before run(): what is known of hosts, and of verdicts on open flows, is saved with each checkpoint.
  void save_with(Checkpointer& checkpointer) { checkpointer_ = &checkpointer; }
  // Before run(): goes on with what an earlier run saved; then hosts_restored(), which tells how many. False: it is no such piece.
  bool restore(const CheckpointPiece& piece);
  std::uint64_t hosts_restored();

  // The thread's body: until the queue is closed and drained.
  void run();

  // Judges by these from the next slice on. False while the detector that judges now learns what is normal here: then it
  // cannot be replaced, only the policy can. Any thread.
  bool take_up(Rules rules);

  ScoringReport report() const;  // any thread

 private:
  using Places = std::span<const features::HostContext::Place>;

  // What is on its way from the rows in hand to the writer.
  struct Outcome {
    base::Timestamp slice_end, now;
    std::vector<alerting::Detection> detections;
    std::vector<alerting::Detection> ended;  // flows that are not kept, for the audience
  };

  void note_mark(const RowBatch& mark);
  bool may_save() const;
  void save(std::uint64_t number);
  bool restore_verdicts(std::span<const std::byte> piece);
  void process(std::span<RowBatch> slice);
  void learn_until(base::Timestamp slice_end);
  void begin_to_follow();
  void call_verdicts_by_threshold(bool anew);
  const std::string& version() const;
  void describe_calibration(std::string sentence);
  Places add_context(std::span<RowBatch> slice);
  void take_up_next();
  void process(std::span<const RowBatch> slice, Places places);
  void score(std::span<const RowBatch> slice, Places places);
  bool judge(const features::RowView& row, const scoring::Verdict& verdict, Outcome& outcome);
  bool go_on(const features::Row& row, Outcome& outcome) const;
  void tell_of_end(const features::Row& row, const scoring::Verdict& verdict, Outcome& outcome) const;
  void forget(const flow::FlowUid& uid);
  std::vector<float> inputs_of(const float* values) const;
  void account(double seconds, std::size_t overload, std::size_t repeated, std::size_t kept);
  void join_throughput(const store::ThroughputSample& sample);
  void flush_throughput();
  void tell(const store::ThroughputSample& sample);

  // constant after construction
  RowQueue& rows_;
  store::BatchWriter& writer_;
  const ScoringConfig config_;

  // owned by the worker's thread
  Rules rules_;
  KeptFlows former_;                                       // what the model before this one kept, of flows that go on
  std::shared_ptr<const alerting::Policy> former_policy_;  // how it judged
  features::HostContext context_;
  features::SliceJoiner<RowBatch> joiner_;
  KeptFlows kept_;
  std::optional<Learner> learner_;    // while it learns
  std::optional<Follower> follower_;  // once it has learnt, when it is to follow
  std::string version_;               // what its verdicts are called by
  Checkpointer* checkpointer_ = nullptr;
  struct Marks {
    std::uint64_t checkpoint = 0;
    std::size_t workers = 0;       // that have saved their part of it
    base::Timestamp last_slice{};  // the newest that waited by then
  } marks_;
  // of the rows in hand; kept for their memory
  std::vector<features::HostContext::Rows> batches_;
  std::vector<features::RowView> asked_;  // those that the models are asked about
  std::vector<scoring::Verdict> verdicts_;
  struct PartialTick {
    store::ThroughputSample sum;
    std::size_t workers = 0;
  };
  std::map<base::Timestamp, PartialTick> ticks_;  // until every capture worker has closed the tick

  // shared
  mutable std::mutex report_mutex_;  // taken once a batch
  ScoringReport report_;
  // guarded by report_mutex_
  std::optional<Rules> next_;
  std::shared_ptr<const scoring::Detector> current_;  // the newest that was asked for
};

}  // namespace weir::pipeline
