// SPDX-License-Identifier: Apache-2.0
#include "store/retention.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/detection_store.h"

namespace weir::store {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t kFewestRows = 16, kMostRows = 2000;
constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kPieceBytes = 512 * 1024;  // of space that is given back at once: some milliseconds
const base::Timestamp kEver = std::chrono::sys_days(std::chrono::year(9999) / 1 / 1);
constexpr double kShrinkTo = 0.95;
constexpr double kFarBehind = 1.1;
constexpr int kTimesAsLong = 5;  // a transaction costs much beside its rows: larger ones get more done
constexpr std::chrono::seconds kPatience{1};

}  // namespace

base::Timestamp Retention::wall_clock() { return std::chrono::floor<base::Duration>(std::chrono::system_clock::now()); }

Retention::Retention(DetectionStore& store, RetentionLimits limits, RetentionPace pace, Now now)
    : store_(store), pace_(pace), now_(std::move(now)), limits_(limits), thread_([this] { work(); }) {}

Retention::~Retention() { stop(); }

void Retention::set_limits(RetentionLimits limits) {
  std::lock_guard lock(mutex_);
  limits_ = limits;
  limits_changed_ = true;
  changed_.notify_all();
}

RetentionReport Retention::report() const {
  std::lock_guard lock(mutex_);
  return report_;
}

void Retention::begin_stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Retention::stop() {
  begin_stop();
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return done_; })) store_.interrupt();
  }
  if (thread_.joinable()) thread_.join();
}

bool Retention::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Retention::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    limits_changed_ = false;
    const RetentionLimits limits = limits_;
    lock.unlock();
    const auto done = round(limits);
    lock.lock();
    report_.problem = done ? std::nullopt : std::optional(done.error().message());
    changed_.wait_for(lock, pace_.between_rounds, [this] { return stopping_ || limits_changed_; });
  }
  done_ = true;
  changed_.notify_all();
}

base::Result<> Retention::round(const RetentionLimits& limits) {
  if (auto measured = measure(); !measured) return measured;
  const RetentionReport before = report();
  if (limits.age) {
    const auto dropped = drop(now_() - *limits.age, kAll, &RetentionReport::dropped_by_age);
    if (!dropped) return base::fail(dropped.error());
    if (*dropped > 0) {
      if (auto measured = measure(); !measured) return measured;
    }
  }
  if (limits.bytes) {
    if (auto dropped = drop_too_many(*limits.bytes); !dropped) return dropped;
  }
  if (limits.age || limits.bytes) {
    if (auto dropped = drop_leftovers(limits); !dropped) return dropped;
    if (auto given = give_back(); !given) return given;
  }
  const RetentionReport after = report();
  if (after.dropped_by_age + after.dropped_by_size == before.dropped_by_age + before.dropped_by_size) return {};
  return measure();
}

base::Result<> Retention::measure() {
  const auto extent = store_.extent();
  if (!extent) return base::fail(extent.error());
  std::lock_guard lock(mutex_);
  report_.extent = *extent;
  return {};
}

base::Result<std::uint64_t> Retention::drop(base::Timestamp scored_before, std::uint64_t most,
                                            std::uint64_t RetentionReport::* count) {
  return in_pieces(most, count, [&](std::uint32_t rows) { return store_.drop_detections(scored_before, rows); });
}

base::Result<> Retention::drop_too_many(std::uint64_t limit_bytes) {
  const StoreExtent extent = *report().extent;
  behind_ = static_cast<double>(extent.used_bytes) > kFarBehind * static_cast<double>(limit_bytes);
  if (extent.used_bytes <= limit_bytes || extent.detections == 0) return {};
  const double share = 1 - kShrinkTo * static_cast<double>(limit_bytes) / static_cast<double>(extent.used_bytes);
  const auto rows = static_cast<std::uint64_t>(share * static_cast<double>(extent.detections)) + 1;
  const auto dropped = drop(kEver, rows, &RetentionReport::dropped_by_size);
  behind_ = false;
  if (!dropped) return base::fail(dropped.error());
  return {};
}

base::Result<> Retention::drop_leftovers(const RetentionLimits& limits) {
  const auto samples = in_pieces(kAll, &RetentionReport::dropped_samples,
                                 [&](std::uint32_t rows) { return store_.drop_throughput(limits.age, rows); });
  if (!samples) return base::fail(samples.error());
  // What nobody touched since the oldest detection that is left came in.
  base::Timestamp since = report().extent->oldest.value_or(now_());
  if (limits.age) since = std::min(since, now_() - *limits.age);
  const auto incidents = in_pieces(kAll, &RetentionReport::dropped_incidents,
                                   [&](std::uint32_t rows) { return store_.drop_incidents(since, rows); });
  if (!incidents) return base::fail(incidents.error());
  return {};
}

base::Result<> Retention::give_back() {
  while (!stopping()) {
    const auto begin = SteadyClock::now();
    const auto given = store_.give_back(kPieceBytes);
    if (!given) return base::fail(given.error());
    if (*given == 0) return {};
    {
      std::lock_guard lock(mutex_);
      report_.bytes_given_back += *given;
    }
    pause_after(SteadyClock::now() - begin);
  }
  return {};
}

template <class Piece>
base::Result<std::uint64_t> Retention::in_pieces(std::uint64_t most, std::uint64_t RetentionReport::* count,
                                                 Piece piece) {
  std::uint64_t all = 0;
  while (all < most && !stopping()) {
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_rows_, most - all));
    const auto begin = SteadyClock::now();
    const base::Result<std::uint64_t> dropped = piece(rows);
    const auto took = SteadyClock::now() - begin;
    if (!dropped) return base::fail(dropped.error());
    all += *dropped;
    {
      std::lock_guard lock(mutex_);
      report_.*count += *dropped;
    }
    if (*dropped < rows) break;
    const auto time = pace_.piece_time * (behind_ ? kTimesAsLong : 1);
    if (took > time) piece_rows_ = std::max(kFewestRows, piece_rows_ / 2);
    if (took < time / 2) piece_rows_ = std::min(kMostRows, piece_rows_ * 2);
    pause_after(took);
  }
  return all;
}

void Retention::pause_after(SteadyClock::duration took) {
  std::unique_lock lock(mutex_);
  report_.longest_piece = std::max(report_.longest_piece, std::chrono::floor<std::chrono::microseconds>(took));
  changed_.wait_for(lock, took * (behind_ ? 1 : pace_.pause), [this] { return stopping_; });
}

}  // namespace weir::store
