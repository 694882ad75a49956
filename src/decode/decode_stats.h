// SPDX-License-Identifier: Apache-2.0
// DecodeStats: what became of every packet that a decoder saw. Always: packets == accepted + the sum of the rejected.
// Plain numbers, owned by the decoder's thread: other threads get copies that it made between batches.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>

#include "decode/reject_reason.h"

namespace weir::decode {

struct DecodeStats {
  std::uint64_t packets = 0;
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, kRejectReasons> by_reason{};  // [none] stays 0

  // Accepted packets with something to tell.
  std::uint64_t later_fragments = 0;   // not the first of their datagram
  std::uint64_t orphan_fragments = 0;  // of those: the first was not seen (or forgotten), so the ports are 0
  std::uint64_t zero_ip_lengths = 0;   // length 0 in the IP header (segmentation offload): the frame's length was taken
  std::uint64_t udp_lengths_clamped = 0;  // UDP claimed more than its IP packet holds

  std::uint64_t count(RejectReason reason) const { return by_reason[static_cast<std::size_t>(reason)]; }
  std::uint64_t rejected() const { return std::accumulate(by_reason.begin(), by_reason.end(), std::uint64_t{0}); }

  // For the sum over workers.
  DecodeStats& operator+=(const DecodeStats& other) {
    packets += other.packets;
    accepted += other.accepted;
    for (std::size_t i = 0; i < by_reason.size(); ++i) by_reason[i] += other.by_reason[i];
    later_fragments += other.later_fragments;
    orphan_fragments += other.orphan_fragments;
    zero_ip_lengths += other.zero_ip_lengths;
    udp_lengths_clamped += other.udp_lengths_clamped;
    return *this;
  }
};

}  // namespace weir::decode
