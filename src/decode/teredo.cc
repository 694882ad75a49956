// SPDX-License-Identifier: Apache-2.0
// Teredo: IPv6 through IPv4 address translators (RFC 4380).
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

// The indicators that may stand before the packet (section 5.1.1). Their length; the reader is behind them.
std::uint32_t skip_indicators(base::ByteReader& reader) {
  const auto indicates = [](base::ByteReader bytes, std::uint16_t what) { return bytes.u16() == what && bytes.ok(); };
  std::uint32_t skipped = 0;
  if (indicates(reader, 0x0001)) {  // client id length 1, value length 1, both, nonce 8, confirmation 1
    reader.skip(2);
    const std::uint32_t variable = std::uint32_t{reader.u8()} + reader.u8();
    reader.skip(variable + 9);
    skipped += 4 + variable + 9;
  }
  if (indicates(reader, 0x0000)) {  // port 2, address 4
    reader.skip(8);
    skipped += 8;
  }
  return skipped;
}

// One end is a Teredo address (2001::/32); or both are link-local: how a client asks its server for an address.
bool teredo_addresses(base::ByteReader ipv6) {
  std::byte src[16], dst[16];
  ipv6.skip(8);
  ipv6.copy(src);
  ipv6.copy(dst);
  if (!ipv6.ok()) return false;
  const auto begins = [](const std::byte(&address)[16], unsigned a, unsigned b, unsigned c, unsigned d) {
    return std::to_integer<unsigned>(address[0]) == a && std::to_integer<unsigned>(address[1]) == b &&
           std::to_integer<unsigned>(address[2]) == c && std::to_integer<unsigned>(address[3]) == d;
  };
  if (begins(src, 0x20, 0x01, 0, 0) || begins(dst, 0x20, 0x01, 0, 0)) return true;
  return begins(src, 0xFE, 0x80, 0, 0) && (begins(dst, 0xFE, 0x80, 0, 0) || begins(dst, 0xFF, 0x02, 0, 0));
}

}  // namespace

Next decode_teredo(Layer& layer) {
  base::ByteReader reader = layer.reader;
  const std::uint32_t header = skip_indicators(reader);
  if (!reader.ok() || layer.length < header || !plausible_ipv6(reader, layer.length - header, room_in(layer)) ||
      !teredo_addresses(reader)) {
    return unread_datagram(layer, Tunnel::teredo);
  }
  if (!is_open(layer, Tunnel::teredo)) return Next::done();
  return enter(layer, Tunnel::teredo, header, Next::ether_type(0x86DD));
}

}  // namespace weir::decode
