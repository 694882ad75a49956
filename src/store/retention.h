// SPDX-License-Identifier: Apache-2.0
// Retention: keeps a store within an age and a size, by dropping what is oldest, beside the writer and without holding it up.
//
//   every minute: measure ── too old? ──▶ pieces ── too large? ──▶ pieces ── leftovers ──▶ give space back, in pieces
//
// A piece is a transaction of about piece_time (the number of rows follows the time that the one before took), and each is
// followed by a pause four times as long. So a write waits for one piece at most, and upkeep takes a fifth of the database's
// time; half of it, in pieces five times as long, when it falls behind by a tenth. Too large is what uses more than `bytes`; then it shrinks to 95 % of that.
// One thread of its own, which also measures when there are no limits. Everything may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "store/store_upkeep.h"

namespace weir::store {

class DetectionStore;

struct RetentionLimits {
  std::optional<base::Duration> age = {};   // since a detection was scored, wall clock
  std::optional<std::uint64_t> bytes = {};  // rows and indexes
  friend bool operator==(const RetentionLimits&, const RetentionLimits&) = default;
};

struct RetentionPace {
  std::chrono::milliseconds between_rounds{60'000};
  std::chrono::milliseconds piece_time{20};
  int pause = 4;  // times what a piece took
};

struct RetentionReport {
  std::optional<StoreExtent> extent;                      // as last measured
  std::uint64_t dropped_by_age = 0, dropped_by_size = 0;  // detections
  std::uint64_t dropped_samples = 0, dropped_incidents = 0;
  std::uint64_t bytes_given_back = 0;
  std::chrono::microseconds longest_piece{0};
  std::optional<std::string> problem;  // why the last round was not finished, in a sentence
};

class Retention {
 public:
  using Now = std::function<base::Timestamp()>;
  static base::Timestamp wall_clock();

  // The store must outlive it. Begins with a round at once.
  Retention(DetectionStore& store, RetentionLimits limits, RetentionPace pace = {}, Now now = wall_clock);
  ~Retention();

  void set_limits(RetentionLimits limits);  // in force at once
  RetentionReport report() const;

  void begin_stop();                        // does not wait
  // Waits for the piece that is under way; interrupts the store when it takes more than a second.
  void stop();

 private:
  void work();
  base::Result<> round(const RetentionLimits& limits);
  base::Result<> measure();
  base::Result<std::uint64_t> drop(base::Timestamp scored_before, std::uint64_t most,
                                   std::uint64_t RetentionReport::* count);
  base::Result<> drop_too_many(std::uint64_t limit_bytes);
  base::Result<> drop_leftovers(const RetentionLimits& limits);
  base::Result<> give_back();

  // Calls `piece(limit)` until it does less than asked for, or `most` in all; with pauses.
  template <class Piece>
  base::Result<std::uint64_t> in_pieces(std::uint64_t most, std::uint64_t RetentionReport::* count, Piece piece);
  void pause_after(std::chrono::steady_clock::duration took);
  bool stopping() const;

  DetectionStore& store_;
  const RetentionPace pace_;
  const Now now_;

  // Of the thread.
  std::uint32_t piece_rows_ = 64;
  bool behind_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  RetentionLimits limits_;
  RetentionReport report_;
  bool limits_changed_ = false;
  bool stopping_ = false;
  bool done_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace weir::store
