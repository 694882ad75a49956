// SPDX-License-Identifier: Apache-2.0
// DecodeStats: what became of every packet that a decoder saw. Always: packets == accepted + waiting + the sum of the
// rejected; nothing waits any more after Decoder::finish().
// Plain numbers, owned by the decoder's thread: other threads get copies that it made between batches.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>

#include "decode/reject_reason.h"
#include "decode/tunnels.h"

namespace weir::decode {

struct DecodeStats {
  std::uint64_t packets = 0;
  std::uint64_t accepted = 0;
  std::array<std::uint64_t, kRejectReasons> by_reason{};  // [none] stays 0

  std::uint64_t packets_beyond_frames = 0;  // of `packets`: the second and later ones of frames that hold several
  std::uint64_t waiting = 0;                // fragments that came before their first, while they wait for it

  // Packets with something to tell; they are counted above too.
  std::uint64_t later_fragments = 0;        // not the first of their datagram
  std::uint64_t early_fragments = 0;        // of those: came before the first and waited for it
  std::uint64_t orphan_fragments = 0;       // of those: the first was not seen (or forgotten), so the ports are 0
  std::uint64_t overlapping_fragments = 0;  // bring bytes again that another fragment of their datagram brought
  std::uint64_t small_fragments = 0;        // not the last, and smaller than any path makes them: less than 64 bytes
  std::uint64_t icmp_errors = 0;            // unreachable, too big, time exceeded ...: speak of another flow
  std::uint64_t zero_ip_lengths = 0;  // length 0 in the IP header (segmentation offload): the frame's length was taken
  std::uint64_t udp_lengths_clamped = 0;  // UDP claimed more than its IP packet holds

  std::array<TunnelCounts, kTunnels> tunnels{};

  TunnelCounts& tunnel(Tunnel kind) { return tunnels[static_cast<std::size_t>(kind)]; }
  const TunnelCounts& tunnel(Tunnel kind) const { return tunnels[static_cast<std::size_t>(kind)]; }
  std::uint64_t count(RejectReason reason) const { return by_reason[static_cast<std::size_t>(reason)]; }
  std::uint64_t rejected() const { return std::accumulate(by_reason.begin(), by_reason.end(), std::uint64_t{0}); }

  // For the sum over workers.
  DecodeStats& operator+=(const DecodeStats& other) {
    packets += other.packets;
    accepted += other.accepted;
    for (std::size_t i = 0; i < by_reason.size(); ++i) by_reason[i] += other.by_reason[i];
    packets_beyond_frames += other.packets_beyond_frames;
    waiting += other.waiting;
    later_fragments += other.later_fragments;
    early_fragments += other.early_fragments;
    orphan_fragments += other.orphan_fragments;
    overlapping_fragments += other.overlapping_fragments;
    small_fragments += other.small_fragments;
    icmp_errors += other.icmp_errors;
    for (std::size_t i = 0; i < kTunnels; ++i) tunnels[i] += other.tunnels[i];
    zero_ip_lengths += other.zero_ip_lengths;
    udp_lengths_clamped += other.udp_lengths_clamped;
    return *this;
  }
};

}  // namespace weir::decode
