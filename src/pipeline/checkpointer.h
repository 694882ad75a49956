// SPDX-License-Identifier: Apache-2.0
// Checkpointer: every so often, and at a stop, what is known of open flows and hosts goes to disk, while packets go on.
//
//   capture workers ── flows, some at a time between batches of packets ──┐
//          │ a mark among the rows                                        ├── pieces ──▶ the checkpointer's thread ──▶ file
//          ▼                                                              │
//   scoring worker ─── when it has met every worker's mark: the hosts ────┘
//          │ all detections until then
//          ▼
//   batch writer ───── when they are stored or spooled: the file gets its name
//
// So whatever the flows in a checkpoint do not hold any more has its verdict in the store, or in the spool. What comes after it
// and before a kill is lost to open flows; note() keeps count of it in a small file, so that the next run can say how much.
//
// Pieces wait in a bounded queue: capture workers never wait for the disk, but save on when there is room. A disk that fails
// costs that checkpoint; the one before stays. wanted() and put() from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/bounded_queue.h"
#include "pipeline/checkpoint_file.h"

namespace weir::pipeline {

struct CheckpointConfig {
  std::filesystem::path folder;  // empty: no checkpoints
  std::chrono::milliseconds interval{10'000};
  CheckpointIdentity identity;
};

struct CheckpointReport {
  std::uint64_t taken = 0;
  std::optional<base::Timestamp> last_begun;   // of those taken
  std::uint64_t flows = 0, bytes = 0;          // of the last one
  double seconds = 0;                          // from its beginning until it was on the disk
  std::chrono::microseconds longest_pause{0};  // of a capture worker, since the start
  std::string problem;                         // why the last one failed; empty: it did not
};

class Checkpointer {
 public:
  static constexpr std::uint64_t kLast = UINT64_MAX;  // the one at a stop
  static constexpr std::size_t kPieceBytes = 1U << 20;

  // `packets` tells how many packets are in flows by now, `is_settled` whether what the writer had been given by a ticket is
  // stored or spooled; from the checkpointer's thread.
  Checkpointer(CheckpointConfig config, std::function<std::uint64_t()> packets,
               std::function<bool(std::uint64_t ticket)> is_settled);
  ~Checkpointer();

  // The number of the checkpoint that is being taken; 0: none. Each worker saves its part once.
  std::uint64_t wanted() const { return wanted_.load(std::memory_order_acquire); }

  // False, and the piece is untouched, when there is no room.
  bool try_put(std::uint64_t number, CheckpointPiece& piece);
  // Waits for room. When the disk hangs for seconds, the checkpoint is given up.
  void put(std::uint64_t number, CheckpointPiece piece);
  // All pieces of it were put, and what they do not hold any more is with the writer.
  void complete(std::uint64_t number, std::uint64_t ticket);
  void note_pause(std::chrono::microseconds pause);

  // After the writer was stopped: the last checkpoint gets its name, if it is complete and `all_settled`.
  void finish(bool all_settled);

  CheckpointReport report() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Item {
    std::uint64_t number = 0;
    CheckpointPiece piece;
    bool complete = false;
    std::uint64_t ticket = 0;
  };

  void work();
  void begin(std::uint64_t number);
  void take(Item item);
  void commit(bool clean);
  void give_up(const base::Error& error);
  void note_progress();

  const CheckpointConfig config_;
  const std::function<std::uint64_t()> packets_;
  const std::function<bool(std::uint64_t)> is_settled_;
  const std::uint64_t run_;

  base::BoundedQueue<Item> queue_{16};
  std::atomic<std::uint64_t> wanted_ = 0;
  std::atomic<std::uint64_t> given_up_ = 0;  // the number of one whose pieces nobody needs

  // Of the thread.
  std::uint64_t number_ = 0, last_number_ = 0;
  std::optional<CheckpointWriter> file_;
  CheckpointHeader header_;
  std::uint64_t flows_ = 0;
  std::optional<std::uint64_t> ticket_;  // complete, and waiting for the writer
  Clock::time_point begun_, next_;

  mutable std::mutex mutex_;             // a few times for each checkpoint
  CheckpointReport report_;

  std::thread thread_;
};

}  // namespace weir::pipeline
