// SPDX-License-Identifier: Apache-2.0
#include "pipeline/row_queue.h"

#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace weir::pipeline {

namespace {

struct UidHash {
  std::size_t operator()(const flow::FlowUid& uid) const {
    std::size_t hash;  // the uid is a digest: any part of it is a hash
    std::memcpy(&hash, uid.bytes.data(), sizeof hash);
    return hash;
  }
};

}  // namespace

void RowQueue::push(RowBatch batch) {
  std::unique_lock lock(mutex_);
  if (when_full_ == WhenFull::wait) {
    room_.wait(lock, [this] { return has_room() || closed_; });
  } else if (!has_room()) {
    coalesce();
    batch.overload = !has_room();
  }
  WEIR_CHECK(!closed_);  // producers end before the queue is closed
  batch.queued_at = std::chrono::steady_clock::now();
  rows_pushed_ += batch.rows.size();
  if (batch.overload) {
    rows_overload_ += batch.rows.size();
  } else {
    rows_ += batch.rows.size();
  }
  batches_.push_back(std::move(batch));
  lock.unlock();
  ready_.notify_one();
}

std::optional<RowBatch> RowQueue::pop() {
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [this] { return !batches_.empty() || closed_; });
  if (batches_.empty()) return std::nullopt;
  RowBatch batch = std::move(batches_.front());
  batches_.pop_front();
  if (!batch.overload) {
    rows_ -= batch.rows.size();
    rows_taken_ += batch.rows.size();
  }
  lock.unlock();
  room_.notify_all();
  return batch;
}

void RowQueue::done(RowBatch&& batch) {
  const std::size_t rows = batch.overload ? 0 : batch.rows.size();
  batch.rows.clear();
  {
    std::lock_guard lock(mutex_);
    WEIR_CHECK(rows <= rows_taken_);
    rows_taken_ -= rows;
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(batch.rows));
  }
  room_.notify_all();
}

features::FeatureBatch RowQueue::spare() {
  std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  features::FeatureBatch batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

void RowQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_all();
  room_.notify_all();
}

// From the newest row backwards: an interim row whose flow was already met has been overtaken. A final row without news has no
// values that could stand for others.
void RowQueue::coalesce() {
  std::unordered_map<flow::FlowUid, features::Row*, UidHash> newer;
  std::vector<std::vector<bool>> overtaken(batches_.size());
  for (std::size_t b = batches_.size(); b-- > 0;) {
    if (batches_[b].overload) continue;
    features::FeatureBatch& rows = batches_[b].rows;
    overtaken[b].resize(rows.size());
    for (std::size_t i = rows.size(); i-- > 0;) {
      features::Row& row = rows.row(i);
      features::Row*& met = newer[row.flow.uid];
      if (met && row.kind == features::RowKind::interim && !met->news.none()) {
        met->news.overtake(row.news);
        overtaken[b][i] = true;
      } else {
        met = &row;
      }
    }
  }
  for (std::size_t b = 0; b < batches_.size(); ++b) {
    if (batches_[b].overload) continue;
    const std::size_t removed = batches_[b].rows.keep_if([&](std::size_t i) { return !overtaken[b][i]; });
    rows_ -= removed;
    rows_coalesced_ += removed;
  }
}

RowQueue::Stats RowQueue::stats() const {
  std::lock_guard lock(mutex_);
  Stats stats{.rows = rows_taken_,
              .rows_pushed = rows_pushed_,
              .rows_coalesced = rows_coalesced_,
              .rows_overload = rows_overload_,
              .oldest_age = {}};
  for (const RowBatch& batch : batches_) stats.rows += batch.rows.size();
  if (!batches_.empty()) stats.oldest_age = std::chrono::steady_clock::now() - batches_.front().queued_at;
  return stats;
}

}  // namespace weir::pipeline
