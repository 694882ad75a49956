// SPDX-License-Identifier: Apache-2.0
// ScoringWorker: one thread from rows to detections: row queue -> detector -> policy -> batch writer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "alerting/policy.h"
#include "pipeline/row_queue.h"
#include "scoring/detector.h"
#include "store/batch_writer.h"

namespace weir::pipeline {

struct ScoringReport {
  std::uint64_t rows_scored = 0;
  std::uint64_t rows_unscored_overload = 0;
  std::uint64_t rows_unscored_model_failed = 0;
  std::uint64_t rows_unscored_not_finite = 0;
  std::uint64_t rows_anomalous = 0;
  std::uint64_t detections = 0;  // handed to the writer, one per row that is kept
  double seconds = 0;            // spent in the models

  std::uint64_t rows_unscored() const {
    return rows_unscored_overload + rows_unscored_model_failed + rows_unscored_not_finite;
  }
};

using ThroughputListener = std::function<void(const store::ThroughputSample&)>;

class ScoringWorker {
 public:
  ScoringWorker(RowQueue& rows, scoring::Detector& detector, alerting::Policy policy, store::BatchWriter& writer,
                std::size_t capture_workers, ThroughputListener on_throughput);

  // The thread's body: until the queue is closed and drained.
  void run();

  ScoringReport report() const;  // any thread

 private:
  void process(RowBatch& batch);
  void score(const RowBatch& batch);
  std::vector<alerting::Detection> detections_of(const RowBatch& batch);
  std::vector<float> inputs_of(std::span<const float> values) const;
  void account(const RowBatch& batch, double seconds, std::size_t kept);
  void join_throughput(const store::ThroughputSample& sample);
  void flush_throughput();
  void tell(const store::ThroughputSample& sample);

  // constant after construction
  RowQueue& rows_;
  scoring::Detector& detector_;
  const alerting::Policy policy_;
  store::BatchWriter& writer_;
  const std::size_t capture_workers_;
  const ThroughputListener on_throughput_;

  // owned by the worker's thread
  std::vector<scoring::Verdict> verdicts_;
  struct PartialTick {
    store::ThroughputSample sum;
    std::size_t workers = 0;
  };
  std::map<base::Timestamp, PartialTick> ticks_;  // until every capture worker has closed the tick

  // shared
  mutable std::mutex report_mutex_;  // taken once a batch
  ScoringReport report_;
};

}  // namespace weir::pipeline
