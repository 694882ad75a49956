// SPDX-License-Identifier: Apache-2.0
// RowQueue: rows on their way from the capture workers to the scoring worker. Bounded in rows: those that wait in it, and those
// that were taken out and are not done yet (they wait for their slice, or are being scored). It may hold one batch more.
// The memory of batches that are done goes round: spare() gives it to the next rows.
//
// When it is full, the ladder is:
//   a file:  the reader waits. Nothing is lost; reading slows to the pace of scoring. It waits long before the bound, when it is
//            far enough ahead that scoring never waits for it: more would only take memory, and leave the caches.
//   live:    1. an older interim row gives way to a newer row of the same flow (counted as coalesced: the newer one says
//               all that the older one said, and takes over its news);
//            2. what still does not fit goes on marked as overload: it is reported as unscored, never as normal.
// So a slow model never makes the capture drop a packet. Any thread; one lock a batch.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "features/feature_batch.h"
#include "store/detection_store.h"

namespace weir::pipeline {

struct RowBatch {
  features::FeatureBatch rows;
  std::optional<store::ThroughputSample> throughput;  // of the tick, with the last batch of a worker's tick
  bool overload = false;                              // not to be scored: there was no room
  std::size_t worker = 0;                             // whose rows they are
  bool last_of_worker = false;                        // it has nothing more to say
  std::uint64_t checkpoint = 0;                       // a mark without rows: the worker's part of it is saved (0: none)
  std::chrono::steady_clock::time_point queued_at;
};

class RowQueue {
 public:
  enum class WhenFull { wait, coalesce };

  RowQueue(std::size_t capacity_rows, WhenFull when_full) : capacity_rows_(capacity_rows), when_full_(when_full) {}

  void push(RowBatch batch);
  std::optional<RowBatch> pop();   // waits; nothing once closed and drained
  void done(RowBatch&& batch);     // what pop() gave: its rows leave the bound
  features::FeatureBatch spare();  // empty, with the memory of an earlier one if there is any
  void close();

  struct Stats {
    std::size_t rows = 0;                              // on the way now: not done
    std::uint64_t rows_pushed = 0;                     // since the start
    std::uint64_t rows_coalesced = 0;
    std::uint64_t rows_overload = 0;
    std::chrono::steady_clock::duration oldest_age{};  // of the batch that waits longest
  };
  Stats stats() const;

 private:
  static constexpr std::size_t kRowsAhead = 16'384;
  static constexpr std::size_t kMostSpare = 64;  // batches; a tick of a busy link

  bool has_room() const {
    return rows_ + rows_taken_ < capacity_rows_ && (when_full_ == WhenFull::coalesce || rows_ < kRowsAhead);
  }
  void coalesce();

  // constant after construction
  const std::size_t capacity_rows_;
  const WhenFull when_full_;

  // guarded by mutex_
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::deque<RowBatch> batches_;
  std::size_t rows_ = 0;        // in batches_, without those marked overload
  std::size_t rows_taken_ = 0;  // by pop() and not done, likewise
  std::vector<features::FeatureBatch> spare_;
  std::uint64_t rows_pushed_ = 0;
  std::uint64_t rows_coalesced_ = 0;
  std::uint64_t rows_overload_ = 0;
  bool closed_ = false;
};

}  // namespace weir::pipeline
