// SPDX-License-Identifier: Apache-2.0
// EveLog: tells alerts to an EVE file, beside the store, on a thread of its own.
//
//   tell() ──bounded queue──▶ worker: one line for each alert ──▶ EveFile
//
// An alert is an anomalous flow that no rule hides, told once for each attack type that it is given: rows that say the same
// again are left out. What the file does not take is tried again, with growing pauses, while the queue has room; beyond that
// alerts are counted as lost (the store has them). tell() waits kRoomWait at most, and not at all while the queue stays full.
//
// tell() from one thread, report() from any, stop() once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "alerting/detection.h"
#include "base/bounded_queue.h"
#include "sinks/eve_file.h"

namespace weir::sinks {

struct EveReport {
  std::uint64_t written = 0, waiting = 0, lost = 0;  // alerts; their sum is what was told
  bool ok = true;                                    // the file takes what it is given
  std::string last_error;                            // why not; stays when it is ok again
};

class EveLog {
 public:
  static constexpr std::size_t kQueueBatches =
      64;  // of what one write to the store tells: a thousand flows at most, 0.5 KiB each
  static constexpr std::size_t kToldFlows = 100'000;  // remembered, so that they are not told again
  static constexpr std::chrono::milliseconds kRoomWait{250}, kFirstRetry{500}, kLastRetry{10'000};

  // Called by the worker with a sentence, when the file begins to fail and when it takes alerts again.
  using OnChange = std::function<void(const std::string&)>;

  explicit EveLog(std::unique_ptr<EveFile> file, OnChange on_change = {}, std::size_t queue_batches = kQueueBatches);
  ~EveLog();  // stops

  void tell(std::span<const alerting::Detection> detections);

  // Writes what waits; a file that fails now is not tried again.
  EveReport stop();

  EveReport report() const;

 private:
  void work();
  void write(const std::vector<alerting::Detection>& alerts);
  bool failed_and_may_retry(const base::Error& error, std::chrono::milliseconds pause);
  void settle(std::size_t alerts, bool written);
  bool is_told(const alerting::Detection& detection) const;
  void remember(const alerting::Detection& detection);

  const std::unique_ptr<EveFile> file_;  // of the worker
  const OnChange on_change_;
  base::BoundedQueue<std::vector<alerting::Detection>> queue_;

  // Of the thread that tells.
  std::map<flow::FlowUid, std::string> told_;  // the attack type that each was told with
  std::deque<flow::FlowUid> told_order_;
  bool queue_stuck_ = false;

  // The counts change together, once a batch.
  mutable std::mutex mutex_;
  std::condition_variable stop_changed_;
  EveReport counts_;
  bool stopping_ = false;

  std::thread worker_;  // last: it uses all of the above
};

}  // namespace weir::sinks
