// SPDX-License-Identifier: Apache-2.0
// FlowKey: which packets belong together, whichever way they go. Canonical: the smaller of the two endpoints (address, then
// port) comes first, so both directions of a talk have the same key; orientation says which way a packet went.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/ip_address.h"
#include "decode/packet_view.h"

namespace weir::flow {

struct FlowKey {
  base::IpAddress low_ip;
  base::IpAddress high_ip;
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint32_t tunnel_id = 0;
  std::uint16_t vlan = decode::kNoVlan;
  std::uint8_t protocol = 0;
  std::uint8_t ip_version = 4;

  friend bool operator==(const FlowKey& a, const FlowKey& b) { return std::memcmp(&a, &b, sizeof(FlowKey)) == 0; }
};
static_assert(sizeof(FlowKey) == 44 && std::has_unique_object_representations_v<FlowKey>,
              "compared and hashed as bytes");

// The same bytes in larger portions, in the order of the fields (the machine is little-endian).
struct FlowKeyWords {
  base::IpAddress low_ip;
  base::IpAddress high_ip;
  std::array<std::uint32_t, 3> rest;
};
static_assert(sizeof(FlowKeyWords) == sizeof(FlowKey) && std::endian::native == std::endian::little);

struct OrientedKey {
  FlowKey key;
  bool from_low = true;  // the packet was sent by the key's low end; also when both ends are the same
};

namespace detail {
struct AddressWords {  // an address as two numbers that compare as its bytes do
  std::uint64_t high, low;
};
inline AddressWords words(const base::IpAddress& address) {
  AddressWords w;
  std::memcpy(&w, address.bytes().data(), sizeof w);
  if constexpr (std::endian::native == std::endian::little) {
    w.high = __builtin_bswap64(w.high);
    w.low = __builtin_bswap64(w.low);
  }
  return w;
}
}  // namespace detail

inline OrientedKey key_of(const decode::PacketView& packet) {
  const auto src = detail::words(packet.src);
  const auto dst = detail::words(packet.dst);
  const bool from_low = src.high != dst.high ? src.high < dst.high
                        : src.low != dst.low ? src.low < dst.low
                                             : packet.src_port <= packet.dst_port;
  // The small fields are put together in a register: as single stores they would stall the hash, which reads whole words.
  const std::uint32_t ports = from_low ? packet.src_port | std::uint32_t{packet.dst_port} << 16
                                       : packet.dst_port | std::uint32_t{packet.src_port} << 16;
  const std::uint32_t rest =
      packet.vlan | std::uint32_t{packet.protocol} << 16 | std::uint32_t{packet.ip_version} << 24;
  const FlowKeyWords words{
      from_low ? packet.src : packet.dst, from_low ? packet.dst : packet.src, {ports, packet.tunnel_id, rest}};
  return {std::bit_cast<FlowKey>(words), from_low};
}

}  // namespace weir::flow
