// SPDX-License-Identifier: Apache-2.0
// WaitingFragments: later fragments that came before the first of their datagram, and so before anything said which flow they
// belong to. They wait for it, a second at most and 512 at a time as a rule; who waited in vain, or must make room, goes on as an orphan.
//
// Only the facts wait, not the bytes. A ring in the order of arrival; the fragments of one datagram are chained through it,
// newest first, and FragmentTable holds the chain's beginning. Owned by one decoder. 70 KiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "decode/fragments.h"
#include "decode/packet_view.h"

namespace weir::decode {

class WaitingFragments {
 public:
  static constexpr std::size_t kMost = 512;
  static constexpr std::chrono::seconds kPatience{1};

  explicit WaitingFragments(std::size_t most = kMost) : slots_(most) {}

  std::size_t most() const { return slots_.size(); }
  std::size_t size() const { return size_; }
  bool full() const {
    return slots_[next_].used;
  }  // there may be holes behind the oldest, but the next place is the oldest's
  // Packets of a later time than this end somebody's wait.
  base::Timestamp deadline() const { return deadline_; }

  // Takes one in; `before` is the one of the same datagram that came before it, or kNobody. The number of the new one.
  // Not when full(): call pop_oldest() first.
  std::uint32_t add(const PacketView& view, const FragmentKey& key, std::uint32_t before);

  // The datagram's fragments, newest first from `newest` on, in the order of their arrival at `out`; they are gone from here.
  // Their number.
  std::size_t take(std::uint32_t newest, const FragmentKey& key, PacketView* out);

  struct Waiting {
    PacketView view;
    FragmentKey key;
  };
  Waiting pop_oldest();

 private:
  struct Slot {
    Waiting fragment;
    std::uint32_t before = FragmentTable::kNobody;
    bool used = false;
  };

  void find_oldest();

  std::vector<Slot> slots_;
  std::size_t oldest_ = 0;  // of the used ones
  std::size_t next_ = 0;    // where the next arrival goes; the ring from oldest_ to here may have holes
  std::size_t size_ = 0;
  base::Timestamp deadline_ = base::Timestamp::max();
};

}  // namespace weir::decode
