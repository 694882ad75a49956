// SPDX-License-Identifier: Apache-2.0
// What TCP's flags and sequence numbers say about a flow: has it closed, does this packet bring anything new.
//
//   closed  =  RST from either side
//           or FIN from both sides, each acknowledged by the other
//
// A FIN alone ends nothing (half-closed connections go on sending), nor does a second FIN of the same side.
// "Nothing new" (a retransmission): the packet occupies sequence space, and all of it lies below the highest that its side has
// used. A keep-alive (at most one byte, just below that) is none. RFC 9293 3.4, 3.8.4; RFC 1122 4.2.3.6.
#pragma once

#include <cstdint>

#include "decode/packet_view.h"
#include "flow/flow_head.h"

namespace weir::flow {

namespace tcp_bit {  // FlowHead::tcp; shifted left by one for the backward side
inline constexpr std::uint8_t kSequenceKnown = 0x01;
inline constexpr std::uint8_t kFinSeen = 0x04;
inline constexpr std::uint8_t kFinAcknowledged = 0x10;
}  // namespace tcp_bit

struct TcpStep {
  bool closes = false;
  bool retransmission = false;
};

// Takes in one packet of a TCP flow, not a later fragment.
inline TcpStep follow_tcp(FlowHead& head, const decode::PacketView& packet, Direction direction) {
  using namespace decode::tcp_flag;
  const auto bit_of = [](std::uint8_t bit, int side) { return static_cast<std::uint8_t>(bit << side); };
  const auto known = [&](std::uint8_t bit, int side) { return (head.tcp & bit_of(bit, side)) != 0; };
  const auto learn = [&](std::uint8_t bit, int side) {
    head.tcp = static_cast<std::uint8_t>(head.tcp | bit_of(bit, side));
  };

  if (packet.tcp_flags & kRst) [[unlikely]]
    return {.closes = true};

  // Whether a packet occupies sequence space, and where, cannot be guessed: worked out without branches.
  const bool syn = packet.tcp_flags & kSyn;
  const bool fin = packet.tcp_flags & kFin;
  const std::uint32_t length = packet.payload_bytes + syn + fin;
  const std::uint32_t end = packet.tcp_seq + length;
  const std::uint32_t next = head.next_seq[direction];
  const bool first = !known(tcp_bit::kSequenceKnown, direction);
  const bool compared = !first & (length > 0);
  const bool ahead = static_cast<std::int32_t>(end - next) > 0;
  const bool restarts = syn & (end != next);  // a new initial sequence number: nothing to compare with
  const bool keep_alive = !syn & !fin & (length == 1) & (end == next);
  const bool advances = restarts | (ahead & !known(tcp_bit::kFinSeen, direction));
  head.next_seq[direction] = first | (compared & advances) ? end : next;
  learn(tcp_bit::kSequenceKnown, direction);

  TcpStep step;
  step.retransmission = compared & !advances & !ahead & !keep_alive;
  if (fin) learn(tcp_bit::kFinSeen, direction);
  const int other = 1 - direction;
  const bool acknowledges = (packet.tcp_flags & kAck) != 0;
  if (acknowledges & known(tcp_bit::kFinSeen, other)) [[unlikely]] {
    if (static_cast<std::int32_t>(packet.tcp_ack - head.next_seq[other]) >= 0) {
      learn(tcp_bit::kFinAcknowledged, other);
      step.closes = known(tcp_bit::kFinAcknowledged, direction);
    }
  }
  return step;
}

}  // namespace weir::flow
