// SPDX-License-Identifier: Apache-2.0
// What a header's decoder is given and what it gives back. To add a protocol: write `Next decode_<proto>(Layer&)` in its own
// file, declare it in protocols.h, and add its row to dispatch.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"
#include "capture/raw_packet.h"
#include "decode/decode_stats.h"
#include "decode/fragments.h"
#include "decode/packet_view.h"
#include "decode/tunnels.h"

namespace weir::decode {

// Where the walk goes on: a number and the registry it belongs to; or the end of the walk.
struct Next {
  enum class Space : std::uint8_t { link_type, ether_type, ip_protocol, ppp_protocol, udp_port, wifi_subframe, end };

  Space space = Space::end;
  RejectReason reason = RejectReason::none;
  std::uint16_t number = 0;

  static Next link_type(capture::LinkType type) {
    return {Space::link_type, RejectReason::none, static_cast<std::uint16_t>(type)};
  }
  static Next ether_type(std::uint16_t type) { return {Space::ether_type, RejectReason::none, type}; }
  static Next ip_protocol(std::uint8_t number) { return {Space::ip_protocol, RejectReason::none, number}; }
  static Next ppp_protocol(std::uint16_t number) { return {Space::ppp_protocol, RejectReason::none, number}; }
  static Next udp_port(std::uint16_t number) { return {Space::udp_port, RejectReason::none, number}; }
  static Next wifi_subframe() { return {Space::wifi_subframe, RejectReason::none, 0}; }
  static Next done() { return {}; }
  static Next reject(RejectReason why) { return {Space::end, why, 0}; }
};

// The state of one packet's walk. Lives on the stack of Decoder.
struct Layer {
  base::ByteReader reader;  // the captured bytes from here on
  std::uint32_t length;     // the bytes from here on as the headers so far tell it: more than `reader` has, when a snap
                            // length cut; less, when Ethernet padded
  PacketView& view;
  FragmentTable& fragments;
  DecodeStats& stats;
  TunnelSet tunnels;              // those to open
  bool may_wait = false;          // a later fragment that comes before its first may be kept for it
  bool waits = false;             // this packet is such a fragment
  bool may_split = false;         // the packets after the first of a frame that holds several may be left in `more`
  std::uint8_t tunnel_depth = 0;  // tunnels that this packet went through
  FragmentMark fragment{};
  std::span<const std::byte>
      more{};  // the captured bytes of the frame's further packets, one wifi_subframe after the other
  std::uint32_t more_length = 0;  // as the headers tell it

  // A header of `bytes` was read: `length` follows the reader. False when there are not that many.
  bool consume_length(std::uint32_t bytes) {
    if (length < bytes) return false;
    length -= bytes;
    return true;
  }
};

using LayerDecoder = Next (*)(Layer&);

}  // namespace weir::decode
