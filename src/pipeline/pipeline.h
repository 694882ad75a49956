// SPDX-License-Identifier: Apache-2.0
// Pipeline: the stages joined, each on its own thread:
//
//   capture worker 1..N ──rows──▶ scoring worker ──detections──▶ batch writer ──▶ store
//   (of a file: one, with flow meters 1..N)
//
// It ends in packet order: the capture workers first (the source ended, or stop()), then the row queue is closed, the
// scoring worker drains it, and the writer is flushed by its owner. Nothing that was captured is dropped on the way.
// start() once; stop(), wait() and status() from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/status_source.h"
#include "pipeline/audience.h"
#include "pipeline/capture_worker.h"
#include "pipeline/scoring_worker.h"
#include "pipeline/taken_up.h"
#include "store/retention.h"

namespace weir::pipeline {

struct PipelineConfig {
  CaptureConfig capture{};
  alerting::LogMode log = alerting::LogMode::anomalous;
  std::size_t queue_rows = 262'144;
  features::HostContextConfig context{};
  LearnConfig learn{};
  std::string program_version{};
  const alerting::Suppressions* suppressions = nullptr;  // borrowed; null: nothing is hidden
  ThroughputListener on_throughput = {};                 // called by the scoring thread, once a tick; must not block
  Audience* audience = nullptr;                          // borrowed; null: nobody listens
  std::function<store::RetentionReport()> kept = {};     // for the status
  CheckpointConfig checkpoint = {};                      // for live sources; without a folder there are none
  FollowConfig follow = {};                              // off: the threshold stays as it was set
  LearntListener on_learnt = {};  // called by the scoring thread, when the time of learning is over
};

class Pipeline final : public api::StatusSource {
 public:
  // The store and the writer must outlive the pipeline. At least one source; all live or none.
  Pipeline(PipelineConfig config, std::vector<std::unique_ptr<capture::PacketSource>> sources,
           std::shared_ptr<scoring::Detector> detector, const store::DetectionStore& store, store::BatchWriter& writer);
  ~Pipeline() override;  // stops, if that is still to be done

  // Before start() and before anybody asks for the status: goes on with what an earlier run left in the folder of the checkpoints,
  // and takes some from now on. Sentences about what was taken up, and what was refused.
  std::vector<std::string> take_up();

  void start();
  void stop();  // asks the capture to end; wait() tells when all is drained

  // True when every row has been scored and handed to the writer; false when the time is over first.
  bool wait(std::chrono::milliseconds timeout);

  // After wait() and the writer's stop(): the last checkpoint is put on the disk.
  void finish_checkpoints();

  // Rows are judged by this model (null: the present one), and kept by this mode, from the next batch on; no packet and no row is
  // lost between. The detector must not be in use elsewhere. Refused while the present model learns. Any thread.
  base::Result<> reload(std::shared_ptr<scoring::Detector> detector, alerting::LogMode log);

  // Grows several times a second for as long as every capture thread looks for packets, or once all is done. Any thread.
  std::uint64_t heartbeat() const;

  api::StatusSnapshot status() const override;

 private:
  std::shared_ptr<const scoring::Detector> detector() const;
  std::uint64_t packets_in_flows() const;
  std::vector<std::string> restore_found();
  base::Result<> restore(const CheckpointPiece& piece, std::uint32_t workers_then);
  void run_capture(CaptureWorker& worker);
  void run_scoring();
  std::vector<CaptureReport> reports() const;
  api::LossAccount account(const std::vector<CaptureReport>& captures, const ScoringReport& scored,
                           const store::WriterReport& written) const;
  std::string state(const std::vector<CaptureReport>& captures) const;
  bool done() const;

  // constant after construction
  const PipelineConfig config_;
  const store::DetectionStore& store_;
  store::BatchWriter& writer_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();

  mutable std::atomic<std::uint64_t> asked_when_done_ = 0;

  // shared, each safe by itself
  RowQueue rows_;
  std::vector<std::unique_ptr<CaptureWorker>> workers_;
  ScoringWorker scorer_;
  std::optional<Checkpointer> checkpointer_;     // from take_up() on
  mutable std::mutex detector_mutex_;
  std::shared_ptr<scoring::Detector> detector_;  // the newest; guarded by detector_mutex_
  std::atomic<bool> stop_ = false;               // one way; read once a batch
  std::atomic<std::size_t> capturing_;           // workers that still run; the last one closes the queue
  mutable std::mutex done_mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;                            // guarded by done_mutex_

  // owned by the thread that starts and ends the pipeline
  std::vector<std::thread> threads_;
};

}  // namespace weir::pipeline
