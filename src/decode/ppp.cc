// SPDX-License-Identifier: Apache-2.0
// PPP: over Ethernet (RFC 2516), and as a link of its own (RFC 1661, 1662); and Cisco's HDLC, which looks like it.
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

// The address and control bytes may be left out, and the first byte of the protocol too, where it is 0 (RFC 1661 section 6.5
// and 6.6): the last byte of a protocol is odd, the others are even.
PppHeader read_ppp(base::ByteReader& reader) {
  PppHeader header;
  std::uint16_t first = reader.u8();
  header.bytes = 1;
  if (first == 0xFF) {
    if (reader.u8() != 0x03) return {.protocol = 0, .bytes = 2};
    first = reader.u8();
    header.bytes += 2;
  }
  header.protocol = first;
  if ((first & 1) == 0) {
    header.protocol = static_cast<std::uint16_t>(first << 8 | reader.u8());
    ++header.bytes;
  }
  return header;
}

// version and type 0x11 | code 0 | session 2 | length 2
Next decode_pppoe_session(Layer& layer) {
  if (!is_open(layer, Tunnel::pppoe)) return Next::reject(RejectReason::pppoe);
  const std::uint8_t version_and_type = layer.reader.u8();
  const std::uint8_t code = layer.reader.u8();
  layer.reader.skip(2);
  const std::uint16_t said = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(6)) return Next::reject(RejectReason::truncated_link);
  // The length may be short of what follows (padding); more than there is cannot be.
  if (version_and_type != 0x11 || code != 0 || said > layer.length) {
    return Next::reject(RejectReason::bad_pppoe_header);
  }
  layer.length = said;
  layer.reader.limit(said);
  const PppHeader ppp = read_ppp(layer.reader);
  if (said < ppp.bytes) return Next::reject(RejectReason::bad_pppoe_header);
  if (!layer.reader.ok()) return Next::reject(RejectReason::truncated_link);
  layer.length -= ppp.bytes;
  return enter(layer, Tunnel::pppoe, 0, Next::ppp_protocol(ppp.protocol));
}

Next decode_ppp(Layer& layer) {
  if (layer.reader.remaining() >= 2) {
    const int address = std::to_integer<int>(layer.reader.rest()[0]);
    if (address == 0x0F || address == 0x8F) return decode_cisco_hdlc(layer);
  }
  const PppHeader ppp = read_ppp(layer.reader);
  if (!layer.reader.ok() || !layer.consume_length(ppp.bytes)) return Next::reject(RejectReason::truncated_link);
  return Next::ppp_protocol(ppp.protocol);
}

// address 1 | control 1 | EtherType
Next decode_cisco_hdlc(Layer& layer) {
  layer.reader.skip(2);
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(4)) return Next::reject(RejectReason::truncated_link);
  // No 802.3 lengths here; 0x8035 is its own keep-alive (SLARP).
  if (type < 0x0600) return Next::reject(RejectReason::not_ip);
  return Next::ether_type(type);
}

}  // namespace weir::decode
