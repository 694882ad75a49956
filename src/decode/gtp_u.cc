// SPDX-License-Identifier: Apache-2.0
// GTP-U, the user plane of mobile networks (3GPP TS 29.281).
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

constexpr std::uint8_t kUserPacket = 255;  // G-PDU; all other types are talk between the nodes themselves
constexpr std::uint32_t kHeader = 8;
constexpr int kMostExtensions = 8;

// The optional fields (sequence 2, N-PDU 1, next extension 1) and the chain of extension headers, each of `words` x 4 bytes
// with the next one's type at its end. Their length, or 0 when they do not fit together.
std::uint32_t skip_optional(base::ByteReader& reader) {
  std::uint32_t bytes = 4;
  reader.skip(3);
  std::uint8_t next = reader.u8();
  for (int extensions = 0; next != 0; ++extensions) {
    const std::uint32_t words = reader.u8();
    if (words == 0 || extensions == kMostExtensions || !reader.ok()) return 0;
    reader.skip(words * 4 - 2);
    next = reader.u8();
    bytes += words * 4;
  }
  return reader.ok() ? bytes : 0;
}

}  // namespace

// version 3 bits, GTP 1, reserved 1, extension 1, sequence 1, N-PDU 1 | type 1 | length 2 (above these 8) | endpoint 4
//
// The endpoint id is no part of a flow's identity: each direction of a bearer has its own.
Next decode_gtp_u(Layer& layer) {
  base::ByteReader reader = layer.reader;
  const std::uint8_t flags = reader.u8();
  const std::uint8_t type = reader.u8();
  const std::uint32_t said = reader.u16();
  reader.skip(4);
  if (!reader.ok() || flags >> 5 != 1 || (flags & 0x18) != 0x10 || type != kUserPacket || layer.length < kHeader ||
      (said + kHeader > layer.length && room_in(layer) == Room::must_suffice)) {
    return unread_datagram(layer, Tunnel::gtp_u);
  }
  std::uint32_t header = kHeader;
  if ((flags & 0x07) != 0) {
    const std::uint32_t optional = skip_optional(reader);
    // An extension without its flag is not to be looked at, but a chain that cannot be is no GTP.
    if (optional == 0 || said < optional || layer.length < kHeader + optional) {
      return unread_datagram(layer, Tunnel::gtp_u);
    }
    header += optional;
  }
  const std::uint16_t ip = plausible_ip(reader, said + kHeader - header, room_in(layer));
  if (ip == 0) return unread_datagram(layer, Tunnel::gtp_u);
  if (!is_open(layer, Tunnel::gtp_u)) return Next::done();
  return enter(layer, Tunnel::gtp_u, header, Next::ether_type(ip));
}

}  // namespace weir::decode
