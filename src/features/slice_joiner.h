// SPDX-License-Identifier: Apache-2.0
// SliceJoiner<Item>: the rows of all workers of one slice, together. An item holds a FeatureBatch `rows`, and whatever its
// owner sends along.
//
// A slice is handed on when every worker has closed it (or gone beyond it, or ended), in the order of slices; its items stand
// worker by worker, each worker's in the order in which they came. Whether one worker did it all or many shared it, the rows
// of a slice are the same.
// Bounded: when more than max_rows wait, the oldest slice is handed on as far as it has come, and the rest of it later. So a
// worker that hangs holds nobody up, and a slice of a flood is taken in parts.
// One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "features/feature_batch.h"

namespace weir::features {

// How many rows may wait for a slice to end where nobody says otherwise. Whoever reads the same capture must use the same bound, or
// the largest slices are taken in other parts: a model would be trained on other context than it meets.
inline constexpr std::size_t kMostRowsJoined = 131'072;

template <class Item>
class SliceJoiner {
 public:
  // Gets all items of a slice; may move from them.
  using OnSlice = std::function<void(std::span<Item>)>;

  SliceJoiner(std::size_t workers, std::size_t max_rows, OnSlice on_slice)
      : closed_(workers, base::Timestamp::min()), max_rows_(max_rows), on_slice_(std::move(on_slice)) {}

  void push(std::size_t worker, Item item) {
    const base::Timestamp slice = item.rows.tick;
    const bool last = item.rows.last_of_slice;
    // A worker's batches come in order: it is done with all that lies before this one.
    const base::Timestamp closed = last ? slice : slice - base::Duration(1);
    rows_ += item.rows.size();
    slices_[slice].push_back({worker, std::move(item)});
    if (closed > closed_[worker]) {
      closed_[worker] = closed;
      hand_on_closed();
    }
    while (rows_ > max_rows_) hand_on(slices_.begin());
  }

  // The worker has nothing more to say.
  void end(std::size_t worker) {
    closed_[worker] = base::Timestamp::max();
    hand_on_closed();
  }

  std::size_t rows_waiting() const { return rows_; }

  // The newest slice that waits, min() when none does; whether one that is not newer than `slice` waits.
  base::Timestamp newest() const { return slices_.empty() ? base::Timestamp::min() : slices_.rbegin()->first; }
  bool waits_until(base::Timestamp slice) const { return !slices_.empty() && slices_.begin()->first <= slice; }

 private:
  struct Part {
    std::size_t worker;
    Item item;
  };
  using Slices = std::map<base::Timestamp, std::vector<Part>>;

  void hand_on_closed() {
    const base::Timestamp all = *std::min_element(closed_.begin(), closed_.end());
    while (!slices_.empty() && slices_.begin()->first <= all) hand_on(slices_.begin());
  }

  void hand_on(typename Slices::iterator slice) {
    std::vector<Part>& parts = slice->second;
    std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.worker < b.worker; });
    std::vector<Item> items;
    items.reserve(parts.size());
    for (Part& part : parts) {
      rows_ -= part.item.rows.size();
      items.push_back(std::move(part.item));
    }
    slices_.erase(slice);
    on_slice_(items);
  }

  std::vector<base::Timestamp> closed_;  // by worker: up to here it has said all
  const std::size_t max_rows_;
  const OnSlice on_slice_;
  Slices slices_;
  std::size_t rows_ = 0;
};

}  // namespace weir::features
