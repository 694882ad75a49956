// SPDX-License-Identifier: Apache-2.0
// IP inside IP without a header in between: IPv4 (RFC 2003, 4in6 by RFC 2473) and IPv6 (6in4 by RFC 4213, 6in6).
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

Next decode_ipv4_in_ip(Layer& layer) {
  if (!is_open(layer, Tunnel::ipip)) return decode_other_protocol(layer);
  if (!plausible_ipv4(layer.reader, layer.length, room_in(layer))) return unread(layer, Tunnel::ipip);
  return enter(layer, Tunnel::ipip, 0, Next::ether_type(0x0800));
}

Next decode_ipv6_in_ip(Layer& layer) {
  if (!is_open(layer, Tunnel::six_in_four)) return decode_other_protocol(layer);
  if (!plausible_ipv6(layer.reader, layer.length, room_in(layer))) return unread(layer, Tunnel::six_in_four);
  return enter(layer, Tunnel::six_in_four, 0, Next::ether_type(0x86DD));
}

}  // namespace weir::decode
