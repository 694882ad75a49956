// SPDX-License-Identifier: Apache-2.0
// FlowTable<Measure>: from key to record. A record is a FlowHead and what somebody measures; the table never looks into it.
//
// Open addressing over 8-byte slots (32 bits of hash, 32 bits of record index), linear probing, no tombstones; records lie in
// a slab and never move. A slot's home is the high part of hash x slots, so slots need not be a power of two and growing
// walks old and new slots in the same order. Memory: 8 bytes / load (0.4 to 0.6) + the record.
// A lookup touches one line of slots and the record: prefetch both for a batch of packets first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/huge_memory.h"
#include "flow/flow_hash.h"
#include "flow/flow_head.h"
#include "flow/slab.h"

namespace weir::flow {

inline constexpr std::size_t kCacheLine = 64;

template <class Measure>
class FlowTable {
 public:
  struct alignas(kCacheLine) Record {
    FlowHead head;
    Measure measure;
  };

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  FlowTable() : slots_(kFirstSlots) {}

  std::uint32_t size() const { return size_; }
  Record& operator[](std::uint32_t index) { return records_[index]; }

  // Walking through all records: their indices lie below used(); those between that were given back are not live.
  std::uint32_t used() const { return records_.used(); }
  bool is_live(std::uint32_t index) const { return records_[index].head.key.ip_version != kGivenBack; }

  std::uint32_t find(const FlowKey& key, std::uint64_t hash) {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = home(tag);; at = after(at)) {
      const Slot slot = slots_[at];
      if (slot.index == kNone) return kNone;
      if (slot.tag == tag && records_[slot.index].head.key == key) return slot.index;
    }
  }

  // A new record for a key that is not in the table: all as new, but for the key.
  std::uint32_t insert(const FlowKey& key, std::uint64_t hash) {
    if (size_ >= grow_at_) grow();
    const std::uint32_t index = records_.take();
    records_[index].head.key = key;
    put(slots_, {tag_of(hash), index});
    ++size_;
    return index;
  }

  void erase(std::uint32_t index, std::uint64_t hash) {
    std::size_t hole = home(tag_of(hash));
    while (slots_[hole].index != index) hole = after(hole);
    close_gap(hole);
    records_[index].head.key.ip_version = kGivenBack;
    records_.give_back(index);
    --size_;
  }

  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(tag_of(hash))]); }

  // The record that the hash probably belongs to, all its lines; kNone if there is none. Only a guess: its key may be another.
  std::uint32_t prefetch_record(std::uint64_t hash) {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t at = home(tag);; at = after(at)) {
      const Slot slot = slots_[at];
      if (slot.index == kNone) return kNone;
      if (slot.tag != tag) continue;
      prefetch(slot.index);
      return slot.index;
    }
  }

  // All lines of a record.
  void prefetch(std::uint32_t index) {
    const auto* line = reinterpret_cast<const std::byte*>(&records_[index]);
    for (std::size_t offset = 0; offset < sizeof(Record); offset += kCacheLine) __builtin_prefetch(line + offset, 1);
  }

  std::size_t memory_bytes() const { return slots_.size() * sizeof(Slot) + records_.memory_bytes(); }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t index = kNone;
  };

  class Slots {
   public:
    explicit Slots(std::size_t count) : memory_(count * sizeof(Slot)), count_(count) {
      std::uninitialized_fill_n(data(), count, Slot{});
    }
    std::size_t size() const { return count_; }
    Slot& operator[](std::size_t at) { return data()[at]; }
    const Slot& operator[](std::size_t at) const { return data()[at]; }

   private:
    Slot* data() const { return reinterpret_cast<Slot*>(memory_.data()); }

    base::HugeMemory memory_;
    std::size_t count_;
  };

  static constexpr std::size_t kFirstSlots = 4096;
  static constexpr std::uint8_t kGivenBack = 0;  // no IP version
  static constexpr std::size_t limit(std::size_t slots) { return slots / 10 * 6; }

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  static std::size_t home(std::uint32_t tag, std::size_t slots) {
    return static_cast<std::size_t>(std::uint64_t{tag} * slots >> 32);
  }
  std::size_t home(std::uint32_t tag) const { return home(tag, slots_.size()); }
  std::size_t after(std::size_t at) const { return at + 1 == slots_.size() ? 0 : at + 1; }

  static void put(Slots& slots, Slot slot) {
    std::size_t at = home(slot.tag, slots.size());
    while (slots[at].index != kNone) at = at + 1 == slots.size() ? 0 : at + 1;
    slots[at] = slot;
  }

  void grow() {
    Slots larger(slots_.size() + slots_.size() / 2);
    for (std::size_t at = 0; at < slots_.size(); ++at) {
      if (slots_[at].index != kNone) put(larger, slots_[at]);
    }
    std::swap(slots_, larger);
    grow_at_ = limit(slots_.size());
  }

  // Moves back what had to probe past the hole, so that no search ends too early.
  void close_gap(std::size_t hole) {
    for (std::size_t at = after(hole); slots_[at].index != kNone; at = after(at)) {
      const std::size_t wanted = home(slots_[at].tag);
      const bool stays = hole <= at ? (hole < wanted && wanted <= at) : (hole < wanted || wanted <= at);
      if (stays) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot{};
  }

  Slots slots_;
  std::size_t grow_at_ = limit(kFirstSlots);
  std::uint32_t size_ = 0;
  Slab<Record> records_;
};

}  // namespace weir::flow
