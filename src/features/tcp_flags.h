// SPDX-License-Identifier: Apache-2.0
// Packets by TCP flag. Most packets carry ACK, perhaps PSH, and nothing else: those touch nothing here. So ACK is counted by
// its absence, PSH with the direction (volume.h), and what hardly ever comes lies in the long part of a flow (RareFlags).
#pragma once

#include <cstdint>

#include "decode/packet_view.h"
#include "flow/flow_head.h"

namespace weir::features {

struct FlagCounts {
  std::uint32_t fin = 0;
  std::uint32_t syn = 0;
  std::uint32_t rst[2] = {0, 0};  // by direction
  std::uint32_t without_ack = 0;  // packets of the flow that no TCP ACK was seen on

  static bool touched_by(std::uint8_t flags) {
    using namespace decode::tcp_flag;
    return (flags & ~kPsh) != kAck;
  }

  void add(std::uint8_t flags, flow::Direction direction) {
    using namespace decode::tcp_flag;
    fin += (flags & kFin) != 0;
    syn += (flags & kSyn) != 0;
    rst[direction] += (flags & kRst) != 0;
    without_ack += (flags & kAck) == 0;
  }
};

struct RareFlags {
  std::uint32_t urg[2] = {0, 0};
  std::uint32_t cwr = 0;
  std::uint32_t ece = 0;

  static bool touched_by(std::uint8_t flags) {
    using namespace decode::tcp_flag;
    return (flags & (kUrg | kCwr | kEce)) != 0;
  }

  void add(std::uint8_t flags, flow::Direction direction) {
    using namespace decode::tcp_flag;
    urg[direction] += (flags & kUrg) != 0;
    cwr += (flags & kCwr) != 0;
    ece += (flags & kEce) != 0;
  }
};

}  // namespace weir::features
