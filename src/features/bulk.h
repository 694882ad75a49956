// SPDX-License-Identifier: Apache-2.0
// Bulk: at least kBulkPackets packets with payload, one way, no gap above kBulkGap between them, no payload the other way in
// between. Packets without payload neither count nor break it.
//
// One candidate serves both directions: payload the other way ends it, in the order of packets. (CICFlowMeter compares times
// instead, so a reply in the very microsecond in which the candidate began does not end it.)
#pragma once

#include <algorithm>
#include <cstdint>

#include "flow/flow_head.h"

namespace weir::features {

inline constexpr std::uint32_t kBulkPackets = 4;
inline constexpr std::uint32_t kBulkGapUs = 1'000'000;

// Of one direction. Cold: few flows have a bulk.
struct BulkTotals {
  std::uint64_t bytes = 0;
  std::uint32_t bulks = 0;
  std::uint32_t packets = 0;
  std::uint32_t time_us = 0;

  void add(std::uint64_t more_bytes, std::uint32_t more_packets, std::uint32_t more_us) {
    bytes += more_bytes;
    packets += more_packets;
    time_us += more_us;
  }
};

struct BulkCandidate {
  static constexpr std::uint32_t kMaxBytes = (1U << 28) - 1;  // far more than kBulkPackets packets hold

  std::uint32_t start_us = 0;
  std::uint32_t last_us = 0;
  std::uint32_t packets : 3 = 0;  // stays at kBulkPackets from then on
  std::uint32_t direction : 1 = 0;
  std::uint32_t bytes : 28 = 0;   // of those packets

  // A packet with payload. totals(): the BulkTotals of `way`, asked for only when there is something to add.
  // Whether a packet goes on with the candidate cannot be guessed, so that is worked out without branches.
  template <class Totals>
  void add(flow::Direction way, std::uint32_t at_us, std::uint32_t payload, Totals totals) {
    const std::uint32_t before = packets;
    const std::uint32_t gap_us = at_us - last_us;
    const bool goes_on = (before != 0) & (direction == way) & (gap_us <= kBulkGapUs);
    const std::uint32_t kept = goes_on ? ~0U : 0U;
    const std::uint32_t number = (before & kept) + 1;
    start_us = goes_on ? start_us : at_us;
    last_us = at_us;
    direction = static_cast<std::uint32_t>(way) & 1U;
    bytes = ((bytes & kept) + payload) & kMaxBytes;
    packets = std::min(number, kBulkPackets) & 7U;
    if (number > kBulkPackets) {
      totals().add(payload, 1, gap_us);
    } else if (number == kBulkPackets) {
      ++totals().bulks;
      totals().add(bytes, kBulkPackets, at_us - start_us);
    }
  }
};
static_assert(sizeof(BulkCandidate) == 12);

}  // namespace weir::features
