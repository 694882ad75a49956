// SPDX-License-Identifier: Apache-2.0
// L2TP: version 2 carries PPP over UDP (RFC 2661); version 3 carries pseudowires over UDP or right behind IP (RFC 3931).
#include <optional>

#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

constexpr std::uint16_t kControl = 0x8000, kLength = 0x4000, kSequence = 0x0800, kOffset = 0x0200;
constexpr std::uint16_t kReserved = 0x34F0;

// What a session carries, and how many bytes stand before it.
struct Inside {
  std::uint32_t skip = 0;
  Next next;
};

// PPP, as far as it is IP in the clear.
std::optional<Inside> plausible_ppp(base::ByteReader reader, std::uint32_t length, Room room) {
  const PppHeader ppp = read_ppp(reader);
  const std::uint16_t type = ppp.protocol == 0x0021 ? 0x0800 : ppp.protocol == 0x0057 ? 0x86DD : 0;
  if (!reader.ok() || type == 0 || length < ppp.bytes || !plausible(type, reader, length - ppp.bytes, room)) {
    return std::nullopt;
  }
  return Inside{ppp.bytes, Next::ether_type(type)};
}

// Without 802.3's lengths: two bytes that may be one are everywhere.
bool plausible_typed_frame(const base::ByteReader& reader, std::uint32_t length, Room room) {
  base::ByteReader type = reader;
  type.skip(12);
  return type.u16() >= 0x0600 && plausible_frame(reader, length, room);
}

// A session says neither what it carries nor how long its cookie is (0, 4 or 8 bytes), nor whether a sublayer header (4 bytes)
// follows: the ends have agreed on it. The first reading that holds down to an IP header, or to a known frame, is taken.
std::optional<Inside> plausible_session(const base::ByteReader& reader, std::uint32_t length, Room room) {
  for (const std::uint32_t skip : {0U, 4U, 8U, 12U}) {
    base::ByteReader at = reader;
    at.skip(skip);
    if (!at.ok() || length < skip) break;
    const std::uint32_t left = length - skip;
    if (plausible_typed_frame(at, left, room)) return Inside{skip, Next::link_type(capture::LinkType::ethernet)};
    if (const std::uint16_t ip = plausible_ip(at, left, room); ip != 0) return Inside{skip, Next::ether_type(ip)};
    if (const auto ppp = plausible_ppp(at, left, room)) return Inside{skip + ppp->skip, ppp->next};
  }
  return std::nullopt;
}

// flags, version 2 | length 2 | tunnel 2 | session 2 | sequence numbers 4 | offset size 2, offset | PPP; all but the first and
// the ids only where a flag says so. Control messages are talk between the ends.
std::optional<Inside> second_version(base::ByteReader reader, const Layer& layer) {
  const std::uint16_t flags = reader.u16();
  if ((flags & (kControl | kReserved)) != 0) return std::nullopt;
  std::uint32_t header = 6, length = layer.length;
  if ((flags & kLength) != 0) {
    const std::uint16_t said = reader.u16();
    header += 2;
    if (said > length && room_in(layer) == Room::must_suffice) return std::nullopt;
    length = said;
  }
  reader.skip(4);
  if ((flags & kSequence) != 0) reader.skip(4), header += 4;
  if ((flags & kOffset) != 0) {
    const std::uint16_t offset = reader.u16();
    reader.skip(offset);
    header += 2U + offset;
  }
  if (!reader.ok() || length < header || layer.length < header) return std::nullopt;
  auto inside = plausible_ppp(reader, length - header, room_in(layer));
  if (inside) inside->skip += header;
  return inside;
}

// `header` bytes, then: session 4 (0: control) | cookie | sublayer | what it carries
std::optional<Inside> third_version(base::ByteReader reader, const Layer& layer, std::uint32_t header) {
  const std::uint32_t session = reader.u32();
  header += 4;
  if (!reader.ok() || session == 0 || layer.length < header) return std::nullopt;
  auto inside = plausible_session(reader, layer.length - header, room_in(layer));
  if (inside) inside->skip += header;
  return inside;
}

}  // namespace

// Tunnel and session ids are no part of a flow's identity: each direction has its own.
Next decode_l2tp(Layer& layer) {
  base::ByteReader version = layer.reader;
  const std::uint16_t flags_and_version = version.u16();
  std::optional<Inside> inside;
  if (version.ok() && (flags_and_version & 0x000F) == 2) inside = second_version(layer.reader, layer);
  if (version.ok() && flags_and_version == 3) {
    version.skip(2);  // reserved
    inside = third_version(version, layer, 4);
  }
  if (!inside) return unread_datagram(layer, Tunnel::l2tp);
  if (!is_open(layer, Tunnel::l2tp)) return Next::done();
  return enter(layer, Tunnel::l2tp, inside->skip, inside->next);
}

Next decode_l2tp_over_ip(Layer& layer) {
  if (!is_open(layer, Tunnel::l2tp)) return decode_other_protocol(layer);
  const auto inside = third_version(layer.reader, layer, 0);
  return inside ? enter(layer, Tunnel::l2tp, inside->skip, inside->next) : unread(layer, Tunnel::l2tp);
}

}  // namespace weir::decode
