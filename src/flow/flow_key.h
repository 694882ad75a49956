// SPDX-License-Identifier: Apache-2.0
// FlowKey: which packets belong together, whichever way they go. Canonical: the smaller of the two endpoints (address, then
// port) comes first, so both directions of a talk have the same key; orientation says which way a packet went.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
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

// The same bytes in portions of 8, in the order of the fields (the machine is little-endian). Keys are built, hashed and compared
// in such portions: with mixed sizes, or with vectors, each load waits until the stores before it have left the core (10 ns).
struct FlowKeyWords {
  std::uint64_t low[2], high[2];
  std::uint64_t ports_and_tunnel;
  std::uint32_t rest;
};
static_assert(offsetof(FlowKeyWords, rest) == sizeof(FlowKey) - 4 && std::endian::native == std::endian::little);

namespace detail {
template <class Word>
inline Word load(const void* at, std::size_t offset) {
  Word value;
  std::memcpy(&value, static_cast<const std::byte*>(at) + offset, sizeof value);
  return value;
}
}  // namespace detail

inline FlowKeyWords words_of(const FlowKey& key) {
  using detail::load;  // word by word: one copy of all of them would be made of vectors
  return {.low = {load<std::uint64_t>(&key, 0), load<std::uint64_t>(&key, 8)},
          .high = {load<std::uint64_t>(&key, 16), load<std::uint64_t>(&key, 24)},
          .ports_and_tunnel = load<std::uint64_t>(&key, 32),
          .rest = load<std::uint32_t>(&key, 40)};
}

struct OrientedKey {
  FlowKey key;
  bool from_low = true;  // the packet was sent by the key's low end; also when both ends are the same
};

inline OrientedKey key_of(const decode::PacketView& packet) {
  using detail::load;
  const std::uint64_t src[2] = {load<std::uint64_t>(&packet.src, 0), load<std::uint64_t>(&packet.src, 8)};
  const std::uint64_t dst[2] = {load<std::uint64_t>(&packet.dst, 0), load<std::uint64_t>(&packet.dst, 8)};
  // As the bytes compare, network order: the address, then the port. Without a branch: which end is lower cannot be guessed.
  const auto number = [](const std::uint64_t (&half)[2]) {
    return static_cast<unsigned __int128>(__builtin_bswap64(half[0])) << 64 | __builtin_bswap64(half[1]);
  };
  const unsigned __int128 a = number(src), b = number(dst);
  const bool from_low = (a < b) | ((a == b) & (packet.src_port <= packet.dst_port));
  const std::uint64_t flip = from_low ? 0 : ~std::uint64_t{0};
  const std::uint64_t differ[2] = {(src[0] ^ dst[0]) & flip, (src[1] ^ dst[1]) & flip};
  const std::uint32_t swap_ports = (packet.src_port ^ packet.dst_port) & static_cast<std::uint32_t>(flip);
  const std::uint32_t low_port = packet.src_port ^ swap_ports, high_port = packet.dst_port ^ swap_ports;
  const FlowKeyWords words{
      .low = {src[0] ^ differ[0], src[1] ^ differ[1]},
      .high = {dst[0] ^ differ[0], dst[1] ^ differ[1]},
      .ports_and_tunnel = low_port | std::uint64_t{high_port} << 16 | std::uint64_t{packet.tunnel_id} << 32,
      .rest = packet.vlan | std::uint32_t{packet.protocol} << 16 | std::uint32_t{packet.ip_version} << 24};
  OrientedKey oriented;
  std::memcpy(static_cast<void*>(&oriented.key), &words, sizeof(FlowKey));
  oriented.from_low = from_low;
  return oriented;
}

}  // namespace weir::flow
