// SPDX-License-Identifier: Apache-2.0
// Slab<T>: fixed-size records, addressed by a 32-bit index that stays good for the record's life.
//
// Memory grows by chunks of kChunk records and is never given back; a freed record is the first to be taken again, so the
// order of indices depends on the order of calls alone. take() and give_back() are O(1). One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

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
        chunks_.push_back(std::make_unique_for_overwrite<Storage[]>(kChunk));
      }
    }
    std::construct_at(reinterpret_cast<T*>(storage(index)));
    return index;
  }

  void give_back(std::uint32_t index) {
    std::memcpy(storage(index), &free_, sizeof free_);
    free_ = index;
  }

  T& operator[](std::uint32_t index) { return *std::launder(reinterpret_cast<T*>(storage(index))); }
  const T& operator[](std::uint32_t index) const {
    return *std::launder(reinterpret_cast<const T*>(chunks_[index >> kChunkBits][index & (kChunk - 1)].bytes));
  }

  std::size_t memory_bytes() const { return chunks_.size() * kChunk * sizeof(T); }

 private:
  static constexpr std::uint32_t kChunkBits = 12;
  static constexpr std::uint32_t kChunk = 1U << kChunkBits;

  struct alignas(T) Storage {
    std::byte bytes[sizeof(T)];
  };

  std::byte* storage(std::uint32_t index) { return chunks_[index >> kChunkBits][index & (kChunk - 1)].bytes; }

  std::vector<std::unique_ptr<Storage[]>> chunks_;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = kNone;  // head of a list through the freed records
};

}  // namespace weir::flow
