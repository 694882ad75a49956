// SPDX-License-Identifier: Apache-2.0
// TimerWheel: which flows may be due at which tick. Lazy: a flow is filed under the tick at which it would end if it stayed
// silent; packets do not move it. When its tick comes, whoever asks looks at the flow and files it again if it spoke.
//
// Each tick has a list through the heads (first filed, first out), so that the order depends on the order of packets alone.
// Filing, removing and taking are O(1). The ends of a list point to the tick's bucket: their links have kBucket set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "flow/flow_head.h"

namespace weir::flow {

template <class Table>
class TimerWheel {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // Ticks from `now` to `now + span` can be told apart.
  TimerWheel(Table& table, std::size_t span) : table_(table), buckets_(span + 1) {
    WEIR_CHECK(buckets_.size() < kBucket);
  }

  void file(std::uint32_t index, std::int64_t tick) {
    const std::uint32_t number = bucket_number(tick);
    Bucket& bucket = buckets_[number];
    FlowHead& head = table_[index].head;
    head.previous = bucket.last == kNone ? kBucket | number : bucket.last;
    head.next = kBucket | number;
    (bucket.last == kNone ? bucket.first : table_[bucket.last].head.next) = index;
    bucket.last = index;
    head.clear(head_flag::kTouched);
  }

  void remove(std::uint32_t index) {
    const FlowHead& head = table_[index].head;
    const bool first = head.previous & kBucket;
    const bool last = head.next & kBucket;
    (first ? buckets_[head.previous & ~kBucket].first : table_[head.previous].head.next) =
        first && last ? kNone : head.next;
    (last ? buckets_[head.next & ~kBucket].last : table_[head.next].head.previous) =
        first && last ? kNone : head.previous;
  }

  // The flow that waits longest for this tick, or kNone. The one behind it is fetched meanwhile.
  std::uint32_t first(std::int64_t tick) const {
    const std::uint32_t index = buckets_[bucket_number(tick)].first;
    const std::uint32_t next = index == kNone ? kNone : behind(index);
    if (next != kNone) table_.prefetch(next);
    return index;
  }

  // The flow that is filed behind this one under the same tick, or kNone.
  std::uint32_t behind(std::uint32_t index) const {
    const std::uint32_t next = table_[index].head.next;
    return (next & kBucket) == 0 ? next : kNone;
  }

  std::size_t span() const { return buckets_.size() - 1; }

 private:
  static constexpr std::uint32_t kBucket = 0x80000000;  // indices stay below it

  struct Bucket {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  std::uint32_t bucket_number(std::int64_t tick) const {
    const auto count = static_cast<std::int64_t>(buckets_.size());
    const std::int64_t number = tick % count;
    return static_cast<std::uint32_t>(number < 0 ? number + count : number);
  }

  Table& table_;
  std::vector<Bucket> buckets_;
};

}  // namespace weir::flow
