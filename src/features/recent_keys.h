// SPDX-License-Identifier: Apache-2.0
// RecentKeys<State>: what is remembered of hosts, pairs of hosts, services: from key to state, at most `capacity` at once.
//
// When it is full, a key gives way: of those met in one slice only, the one that was met longest ago; only when there are few
// of those, of the others. So a flood of sources that come once each throws out its own kind, not the hosts that stay.
// Nothing but the order of calls decides which key goes: not the secret of the hash.
// find(), open() are O(1); memory: (key + state + 16) bytes for each key, taken as needed. One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/plain_bytes.h"
#include "flow/flow_hash.h"
#include "flow/slab.h"

namespace weir::features {

// Where a state was found, to be found again without the key as long as it has not given way.
struct KeyRef {
  std::uint32_t index = 0xFFFFFFFF;
  std::uint32_t serial = 0;
};

template <class State>
class RecentKeys {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  explicit RecentKeys(std::uint32_t capacity)
      : capacity_(capacity), most_known_(capacity - capacity / 4), slots_(std::bit_ceil(std::size_t{capacity} * 2)) {}

  std::uint64_t hash(const flow::FlowKey& key) const { return hash_(key); }
  void prefetch_slot(std::uint64_t hash) const { __builtin_prefetch(&slots_[home(hash)]); }
  void prefetch_state(std::uint64_t hash) {
    const Slot& slot = slots_[home(hash)];
    if (slot.index != kNone) prefetch_entry(slot.index);
  }

  State* find(const flow::FlowKey& key, std::uint64_t hash) {
    const std::uint32_t index = find_index(key, hash);
    return index == kNone ? nullptr : &entries_[index].state;
  }

  // The key's state, a new one if there is none. `slice` counts upwards: being met in a second one makes a key known.
  KeyRef open(const flow::FlowKey& key, std::uint64_t hash, std::uint64_t slice) {
    std::uint32_t index = find_index(key, hash);
    if (index == kNone) return open_new(key, hash, slice);
    Entry& entry = entries_[index];
    if (entry.slice != slice) {
      entry.slice = slice;
      make_known(index);
    }
    return {index, entry.serial};
  }

  // Null when the key has given way since.
  State* at(KeyRef ref) {
    if (ref.index == kNone) return nullptr;
    Entry& entry = entries_[ref.index];
    return entry.serial == ref.serial ? &entry.state : nullptr;
  }

  void prefetch(KeyRef ref) {
    if (ref.index != kNone) prefetch_entry(ref.index);
  }

  // Saving, record by record: what is known of the key at this index is appended, if there is one. Indices lie below used().
  std::uint32_t used() const { return entries_.used(); }
  void save(std::uint32_t index, std::vector<std::byte>& out) {
    const Entry& entry = entries_[index];
    if (entry.serial != 0) base::put_plain(out, Saved{entry.key, entry.slice, entry.known, entry.state});
  }

  // Takes in what save() wrote; then, once, restored(): those that were met longest ago are to give way first again. False: the
  // bytes are no such records.
  bool restore(std::span<const std::byte> bytes) {
    base::PlainReader reader(bytes);
    for (Saved saved; !reader.empty();) {
      if (!reader.take(saved)) return false;
      const std::uint64_t hash = hash_(saved.key);
      if (find_index(saved.key, hash) != kNone) continue;
      const KeyRef at = open_new(saved.key, hash, saved.slice);
      entries_[at.index].state = saved.state;
      if (saved.known) make_known(at.index);
    }
    return true;
  }
  void restored() {
    sort_by_age(new_);
    sort_by_age(known_);
  }

  std::uint32_t size() const { return size_; }
  std::uint64_t displaced() const { return displaced_; }  // keys that gave way
  std::size_t memory_bytes() const { return slots_.size() * sizeof(Slot) + entries_.memory_bytes(); }

 private:
  struct Entry {
    std::uint32_t previous, next;
    flow::FlowKey key;
    std::uint32_t serial;
    std::uint64_t slice;
    bool known;
    State state;
  };
  struct Saved {
    flow::FlowKey key;
    std::uint64_t slice;
    bool known;
    State state;
  };
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t index = kNone;
  };
  struct List {
    std::uint32_t first = kNone, last = kNone;
  };

  void prefetch_entry(std::uint32_t index) {
    const auto* line = reinterpret_cast<const std::byte*>(&entries_[index]);
    for (std::size_t offset = 0; offset < sizeof(Entry); offset += 64) __builtin_prefetch(line + offset, 1);
  }

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(std::uint64_t hash) const { return (hash >> 32) & mask(); }
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  std::uint32_t find_index(const flow::FlowKey& key, std::uint64_t hash) {
    for (std::size_t at = home(hash);; at = (at + 1) & mask()) {
      const Slot slot = slots_[at];
      if (slot.index == kNone) return kNone;
      if (slot.tag == tag_of(hash) && entries_[slot.index].key == key) return slot.index;
    }
  }

  KeyRef open_new(const flow::FlowKey& key, std::uint64_t hash, std::uint64_t slice) {
    if (size_ == capacity_) give_way();
    const std::uint32_t index = entries_.take();
    Entry& entry = entries_[index];
    entry.key = key;
    serials_ += serials_ == 0xFFFFFFFF ? 2 : 1;  // 0 is nobody's
    entry.serial = serials_;
    entry.slice = slice;
    entry.known = false;
    append(new_, index);
    ++size_;
    std::size_t at = home(hash);
    while (slots_[at].index != kNone) at = (at + 1) & mask();
    slots_[at] = {tag_of(hash), index};
    return {index, entry.serial};
  }

  void give_way() {
    const std::uint32_t index = new_.first != kNone ? new_.first : known_.first;
    unlink(index);
    Entry& entry = entries_[index];
    erase_slot(index, hash_(entry.key));
    entry.serial = 0;  // no reference is this
    entries_.give_back(index);
    --size_;
    ++displaced_;
  }

  void make_known(std::uint32_t index) {
    unlink(index);
    entries_[index].known = true;
    append(known_, index);
    ++known_count_;
    if (known_count_ > most_known_) forget_known();
  }

  void sort_by_age(List& list) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t index = list.first; index != kNone; index = entries_[index].next) indices.push_back(index);
    std::stable_sort(indices.begin(), indices.end(),
                     [this](std::uint32_t a, std::uint32_t b) { return entries_[a].slice < entries_[b].slice; });
    list = {};
    for (const std::uint32_t index : indices) append(list, index);
  }

  // Known for longest without being met: back among those that may go.
  void forget_known() {
    const std::uint32_t index = known_.first;
    unlink(index);
    entries_[index].known = false;
    append(new_, index);
  }

  void append(List& list, std::uint32_t index) {
    Entry& entry = entries_[index];
    entry.previous = list.last;
    entry.next = kNone;
    (list.last == kNone ? list.first : entries_[list.last].next) = index;
    list.last = index;
  }

  void unlink(std::uint32_t index) {
    Entry& entry = entries_[index];
    List& list = entry.known ? known_ : new_;
    known_count_ -= entry.known;
    (entry.previous == kNone ? list.first : entries_[entry.previous].next) = entry.next;
    (entry.next == kNone ? list.last : entries_[entry.next].previous) = entry.previous;
  }

  // Moves back what had to probe past the hole, so that no search ends too early.
  void erase_slot(std::uint32_t index, std::uint64_t hash) {
    std::size_t hole = home(hash);
    while (slots_[hole].index != index) hole = (hole + 1) & mask();
    for (std::size_t at = (hole + 1) & mask(); slots_[at].index != kNone; at = (at + 1) & mask()) {
      const std::size_t wanted = slots_[at].tag & mask();
      if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot{};
  }

  const std::uint32_t capacity_;
  const std::uint32_t most_known_;
  flow::FlowHash hash_;
  std::vector<Slot> slots_;
  flow::Slab<Entry> entries_;
  List new_, known_;
  std::uint32_t size_ = 0, known_count_ = 0, serials_ = 0;
  std::uint64_t displaced_ = 0;
};

}  // namespace weir::features
