// SPDX-License-Identifier: Apache-2.0
// How much went in one direction: packets' payloads and transport headers, TCP's first window, PSH and retransmissions.
// One cache line per direction, together with the direction's gaps: a packet touches one of the two.
#pragma once

#include <algorithm>
#include <cstdint>

#include "decode/packet_view.h"
#include "features/moments.h"
#include "features/timing.h"
#include "flow/flow_tracker.h"

namespace weir::features {

// A payload counts as at most this (only jumbograms and merged segments of an interface's offload are larger).
inline constexpr std::uint32_t kMaxPayload = 0xFFFF;

struct DirectionMeasure {
  std::uint64_t payload_bytes : 48 = 0;
  std::uint64_t payload_min : 16 = kMaxPayload;
  std::uint64_t payload_squares = 0;
  GapSums gaps;
  std::uint32_t header_words = 0;  // of 4 bytes: all transport headers are multiples
  std::uint32_t data_packets = 0;
  std::uint32_t first_us = 0;      // offset of the direction's first packet
  std::uint32_t psh_packets = 0;
  std::uint32_t retransmitted_packets = 0;
  std::uint16_t payload_max = 0;
  std::uint16_t initial_window = 0;

  // `first`: of this direction; `gap_us`: to the packet before it in this direction.
  void add(const decode::PacketView& packet, const flow::PacketContext& context, std::uint32_t payload, bool first,
           std::uint32_t gap_us) {
    payload_bytes += payload;
    payload_squares += std::uint64_t{payload} * payload;
    payload_min = std::min<std::uint16_t>(payload_min, static_cast<std::uint16_t>(payload));
    payload_max = std::max<std::uint16_t>(payload_max, static_cast<std::uint16_t>(payload));
    header_words += packet.l4_header_bytes / 4U;
    data_packets += payload > 0;
    psh_packets += (packet.tcp_flags & decode::tcp_flag::kPsh) != 0;
    retransmitted_packets += context.retransmission;
    if (first) {
      first_us = context.offset_us;
      initial_window = packet.tcp_window;
    } else {
      gaps.add(gap_us);
    }
  }

  Moments payload(std::uint32_t packets) const { return {packets, payload_bytes, payload_squares}; }
};
static_assert(sizeof(DirectionMeasure) == 56);

}  // namespace weir::features
