// SPDX-License-Identifier: Apache-2.0
// The table of what follows what: link type, EtherType or IP protocol number to the decoder of that header.
#pragma once

#include "decode/layer.h"

namespace weir::decode {

// Never null: a number without a row has a decoder that rejects by name, or takes the protocol as it is. Pure; safe anywhere.
LayerDecoder decoder_of(Next next);

// True when packets of this link type can be decoded.
bool decodes(capture::LinkType type);

// True for an EtherType with a row, also one that is refused by its name.
bool knows_ether_type(std::uint16_t type);

// A UDP port behind which a tunnel may be: decoder_of() has a row for it.
constexpr bool is_tunnel_port(std::uint16_t port) {
  switch (port) {
    case 1701:  // L2TP
    case 2152:  // GTP-U
    case 3544:  // Teredo
    case 4789:  // VXLAN
    case 4790:  // VXLAN-GPE
    case 6081:  // Geneve
    case 8472:  // VXLAN, as Linux had it before its number was assigned (flannel, older clouds)
      return true;
    default: return false;
  }
}

// Tunnels are sent to their port, from any; a Teredo client's own port is any, and an L2TP answer may go to any, so theirs are
// known by the source too.
inline constexpr std::uint16_t kL2tpPort = 1701, kTeredoPort = 3544;
constexpr bool answers_from(std::uint16_t src_port) { return src_port == kTeredoPort || src_port == kL2tpPort; }
constexpr bool may_be_tunnel(std::uint16_t src_port, std::uint16_t dst_port) {
  return is_tunnel_port(dst_port) || answers_from(src_port);
}

}  // namespace weir::decode
