// SPDX-License-Identifier: Apache-2.0
// ScoringWorker: one thread from rows to detections:
//
//   row queue -> rows of a slice, of all workers, joined -> context of hosts -> detector -> policy -> batch writer
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
  std::uint64_t detections = 0;  // handed to the writer, one per row that is kept
  double seconds = 0;            // spent on the context and in the models
  features::HostContextReport context{};
  float threshold = 0;
  bool learning = false;         // what is normal here
  std::string calibration;       // how the model came to fit this network, in a sentence

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
  features::HostContextConfig context{};
  LearnConfig learn{};
  ThroughputListener on_throughput{};
  LearntListener on_learnt{};
};

class ScoringWorker {
 public:
  ScoringWorker(RowQueue& rows, Rules rules, store::BatchWriter& writer, ScoringConfig config);

  // The thread's body: until the queue is closed and drained.
  void run();

  // Judges by these from the next batch on. False while the detector that judges now learns what is normal here: then it
  // cannot be replaced, only the policy can. Any thread.
  bool take_up(Rules rules);

  ScoringReport report() const;  // any thread

 private:
  void process(std::span<RowBatch> slice);
  void learn_until(base::Timestamp slice_end);
  void describe_calibration(std::string sentence);
  double add_context(std::span<RowBatch> slice);
  void take_up_next();
  void process(RowBatch& batch);
  void set_repeats_aside(RowBatch& batch);
  void score(const RowBatch& batch);
  std::vector<alerting::Detection> detections_of(const RowBatch& batch);
  void forget(const flow::FlowUid& uid);
  void go_on(const features::Row& row, base::Timestamp tick, std::vector<alerting::Detection>& detections) const;
  std::vector<float> inputs_of(std::span<const float> values) const;
  void account(const RowBatch& batch, double seconds, std::size_t kept);
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
  std::optional<Learner> learner_;      // while it learns
  std::vector<features::Row> repeats_;  // of the batch in hand
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
