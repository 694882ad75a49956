// SPDX-License-Identifier: Apache-2.0
// Slab<T>: fixed-size records, addressed by a 32-bit index that stays good for the record's life.
//
// Memory grows by chunks of kChunk records (of whole huge pages, made when they are first touched) and is never given back; a
// freed record is the first to be taken again, so the order of indices depends on the order of calls alone. take() and
// give_back() are O(1). One owner, one thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "base/huge_memory.h"

namespace weir::flow {

template <class T>
class Slab {
  static_assert(std::is_trivially_destructible_v<T>, "chunks are dropped without a word to the records in them");
  static_assert(sizeof(T) >= sizeof(std::uint32_t));

 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // A new record, value-initialised.
  std::uint32_t take() {
    std::uint32_t index = free_;
    if (index != kNone) {
      std::memcpy(&free_, storage(index), sizeof free_);
    } else {
      index = used_++;
      if (index >> kChunkBits == chunks_.size()) {
        chunks_.emplace_back(kChunk * sizeof(Storage));
      }
    }
    std::construct_at(reinterpret_cast<T*>(storage(index)));
    prefetch_next();
    return index;
  }

  void give_back(std::uint32_t index) {
    std::memcpy(storage(index), &free_, sizeof free_);
    free_ = index;
  }

  T& operator[](std::uint32_t index) { return *std::launder(reinterpret_cast<T*>(storage(index))); }
  const T& operator[](std::uint32_t index) const { return *std::launder(reinterpret_cast<const T*>(storage(index))); }

  // Every index that was ever taken is below.
  std::uint32_t used() const { return used_; }

  // Of records that were ever taken: pages that never were cost nothing.
  std::size_t memory_bytes() const {
    constexpr std::size_t kPage = base::HugeMemory::kPage;
    return (std::size_t{used_} * sizeof(T) + kPage - 1) / kPage * kPage;
  }

 private:
  // The fewest records, a power of two, that fill whole pages.
  static constexpr std::uint32_t kChunkBits =
      std::countr_zero(base::HugeMemory::kPage) - std::min(21, std::countr_zero(sizeof(T)));
  static constexpr std::uint32_t kChunk = 1U << kChunkBits;

  struct alignas(T) Storage {
    std::byte bytes[sizeof(T)];
  };
  static_assert(kChunk * sizeof(Storage) % base::HugeMemory::kPage == 0);

  std::byte* storage(std::uint32_t index) const {
    return chunks_[index >> kChunkBits].data() + std::size_t{index & (kChunk - 1)} * sizeof(Storage);
  }

  // The record that will be taken next was freed long ago: it comes into the cache while the caller fills this one.
  void prefetch_next() const {
    if (free_ == kNone) return;
    const std::byte* const next = storage(free_);
    for (std::size_t offset = 0; offset < sizeof(T); offset += 64) __builtin_prefetch(next + offset, 1);
  }

  std::vector<base::HugeMemory> chunks_;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = kNone;  // head of a list through the freed records
};

}  // namespace weir::flow
