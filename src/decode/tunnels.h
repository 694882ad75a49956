// SPDX-License-Identifier: Apache-2.0
// Tunnels: the encapsulations whose inside can be read instead of their outside. Each has a name and a switch. One that is
// switched off, or whose content is not what it should be, leaves its packet in the flow of the outer addresses; MPLS, PPPoE
// and NSH, which have none, are then rejected by their names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::decode {

enum class Tunnel : std::uint8_t {
  mpls,
  pppoe,
  ipip,
  six_in_four,
  gre,
  erspan,
  vxlan,
  geneve,
  gtp_u,
  teredo,
  etherip,
  l2tp,
  nsh,
};
inline constexpr std::size_t kTunnels = static_cast<std::size_t>(Tunnel::nsh) + 1;

// As configurations and accounts write it: "6in4", "gtp".
std::string_view name(Tunnel tunnel);

// Which tunnels are opened. A value of two bytes.
class TunnelSet {
 public:
  static constexpr TunnelSet all() { return TunnelSet((1U << kTunnels) - 1); }
  static constexpr TunnelSet none() { return TunnelSet(0); }

  // "all", "none", or names with commas in between; a name after a minus is left out of all: "gre,vxlan", "all,-teredo".
  static base::Result<TunnelSet> parse(std::string_view text);
  // Every name, for help texts.
  static std::string names();

  constexpr bool has(Tunnel tunnel) const { return (bits_ >> static_cast<unsigned>(tunnel) & 1U) != 0; }
  constexpr TunnelSet with(Tunnel tunnel) const { return TunnelSet(bits_ | bit(tunnel)); }
  constexpr TunnelSet without(Tunnel tunnel) const { return TunnelSet(bits_ & ~bit(tunnel)); }

  friend constexpr bool operator==(TunnelSet, TunnelSet) = default;

 private:
  explicit constexpr TunnelSet(unsigned bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  static constexpr unsigned bit(Tunnel tunnel) { return 1U << static_cast<unsigned>(tunnel); }

  std::uint16_t bits_;
};

// How often a kind of tunnel was met. A packet that went through two counts for both.
struct TunnelCounts {
  std::uint64_t opened = 0;  // the inner packet was decoded
  std::uint64_t closed = 0;  // left as it is: the kind is switched off
  std::uint64_t unread = 0;  // the number or port of a tunnel, but no packet inside that could be believed

  TunnelCounts& operator+=(const TunnelCounts& other) {
    opened += other.opened;
    closed += other.closed;
    unread += other.unread;
    return *this;
  }
};

}  // namespace weir::decode
