// SPDX-License-Identifier: Apache-2.0
// What the tunnels' decoders have in common. Each looks at its header through a copy of the reader and goes in only when
// all of it can be believed, down to the first header inside: a port number alone says little. The checks cost nothing to
// packets that are in no tunnel.
#pragma once

#include "decode/layer.h"

namespace weir::decode {

// Linux follows 4 GRE headers, Suricata 3 tunnels as a rule; a mirrored mobile core (ERSPAN, VXLAN, GTP-U, IPIP) has 4.
inline constexpr int kMaxTunnels = 5;

// Whether what lies inside may be longer than the tunnel has room for: mirrored frames may be cut, and the first fragment of
// the outer packet has only a part of the inner one.
enum class Room : bool { must_suffice, may_be_short };

// True when the bytes begin with a whole header of that version whose lengths fit. `length`: the bytes that should be there.
bool plausible_ipv4(base::ByteReader bytes, std::uint32_t length, Room room);
bool plausible_ipv6(base::ByteReader bytes, std::uint32_t length, Room room);

// True when the bytes begin with an Ethernet header of a known type; where it announces IP, with that too.
bool plausible_frame(base::ByteReader bytes, std::uint32_t length, Room room);

// The EtherType of the IP packet that the bytes begin with; 0 when there is none that could be believed.
std::uint16_t plausible_ip(base::ByteReader bytes, std::uint32_t length, Room room);

// True when what an EtherType (or 0x6558, a frame) announces can be believed of the bytes.
bool plausible(std::uint16_t ether_type, base::ByteReader bytes, std::uint32_t length, Room room);

// Where the walk goes on for an EtherType within a tunnel; 0x6558 stands for an Ethernet frame.
Next inner(std::uint16_t ether_type);

inline Room room_in(const Layer& layer) { return layer.fragment.first ? Room::may_be_short : Room::must_suffice; }

// False, and counted, when the kind is switched off.
inline bool is_open(Layer& layer, Tunnel tunnel) {
  const bool open = layer.tunnels.has(tunnel);
  if (!open) ++layer.stats.tunnel(tunnel).closed;
  return open;
}

// The outer packet as it is, because the inside cannot be believed: of an IP protocol, or of a UDP port, whose view is
// complete already.
Next unread(Layer& layer, Tunnel tunnel);
Next unread_datagram(Layer& layer, Tunnel tunnel);

// Goes `header_bytes` further, into the tunnel. Its outer packet's fragments are remembered as such, and what the view
// knows of the outer transport is forgotten.
Next enter(Layer& layer, Tunnel tunnel, std::uint32_t header_bytes, Next inside);

}  // namespace weir::decode
