// SPDX-License-Identifier: Apache-2.0
// GRE (RFC 2784, keys and sequence numbers by RFC 2890), what it is used for besides IP: Ethernet (TEB, NVGRE), mirrored
// frames (ERSPAN), PPP (PPTP, RFC 2637), WCCP.
#include <optional>

#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000, kStrict = 0x0800;

struct GreHeader {
  std::uint16_t protocol = 0;
  std::uint32_t bytes = 0;
  std::uint32_t network = 0;    // what the key says; 0 = nothing
  bool sequence = false;
  bool point_to_point = false;  // PPTP's version
};

// NVGRE (RFC 7637) puts 8 bits that spread flows over paths below the 24 bits of the network, and those 8 may differ between
// the two directions of a flow. It has no networks below 0x1000: a smaller key of a plain Ethernet tunnel is taken whole.
std::uint32_t network_of(std::uint32_t key, std::uint16_t protocol) {
  return protocol == 0x6558 && key >= 0x1000u << 8 ? key >> 8 : key;
}

// flags, version 2 | protocol 2 | checksum 2, offset 2 | key 4 | sequence 4 | version 1 only: acknowledgement 4
std::optional<GreHeader> read_header(base::ByteReader& reader) {
  GreHeader header{.bytes = 4};
  const std::uint16_t flags = reader.u16();
  header.protocol = reader.u16();
  header.point_to_point = (flags & 7) == 1;
  header.sequence = (flags & kSequence) != 0;
  if ((flags & 7) > 1 || (flags & (kRouting | kStrict)) != 0) return std::nullopt;
  const auto field = [&](bool present) {
    if (present) header.bytes += 4;
    return present ? reader.u32() : 0;
  };
  field((flags & kChecksum) != 0);
  const std::uint32_t key = field((flags & kKey) != 0);
  if (!header.point_to_point) header.network = network_of(key, header.protocol);
  field(header.sequence);
  field(header.point_to_point && (flags & 0x0080) != 0);
  if (!reader.ok()) return std::nullopt;
  return header;
}

// Type I (no header of its own, no sequence number), II and III (draft-foschiano-erspan-03).
//   II:   version 1, VLAN 12 bits | class 3, encapsulation 2, cut 1, session 10 | index 4
//   III:  version 2, the same | time 4 | group 2, flags, 'more follows' 1 bit | 8 more
Next decode_erspan(Layer& layer, const GreHeader& gre, base::ByteReader reader) {
  if (!is_open(layer, Tunnel::erspan)) return decode_other_protocol(layer);
  std::uint32_t bytes = 0;
  std::uint16_t vlan = 0;
  if (gre.protocol == 0x22EB || gre.sequence) {
    const std::uint16_t version_and_vlan = reader.u16();
    const std::uint16_t session = reader.u16();
    const bool third = gre.protocol == 0x22EB;
    if (version_and_vlan >> 12 != (third ? 2 : 1)) return unread(layer, Tunnel::erspan);
    reader.skip(4);
    bytes = 8;
    if (third) {
      const bool more = (reader.u32() & 1) != 0;
      bytes += more ? 12 : 4;
      if (more) reader.skip(8);
    }
    // The frame's tag was taken off and is only here.
    if ((session >> 11 & 3) == 2) vlan = version_and_vlan & 0x0FFF;
  }
  bytes += gre.bytes;
  if (!reader.ok() || layer.length < bytes || !plausible_frame(reader, layer.length - bytes, Room::may_be_short)) {
    return unread(layer, Tunnel::erspan);
  }
  const Next next = enter(layer, Tunnel::erspan, bytes, Next::link_type(capture::LinkType::ethernet));
  if (layer.view.vlan == kNoVlan && vlan != 0) layer.view.vlan = vlan;
  return next;
}

// PPTP: PPP, in the clear only where nothing was negotiated.
Next decode_point_to_point(Layer& layer, const GreHeader& gre, base::ByteReader reader) {
  const auto ppp = read_ppp(reader);
  const std::uint32_t bytes = gre.bytes + ppp.bytes;
  const std::uint16_t type = ppp.protocol == 0x0021 ? 0x0800 : ppp.protocol == 0x0057 ? 0x86DD : 0;
  if (!reader.ok() || type == 0 || layer.length < bytes ||
      !plausible(type, reader, layer.length - bytes, room_in(layer))) {
    return unread(layer, Tunnel::gre);
  }
  return enter(layer, Tunnel::gre, bytes, Next::ether_type(type));
}

// WCCP (version 2 puts 4 bytes in front of IP, version 1 none).
bool skip_wccp(base::ByteReader& reader) {
  if (reader.remaining() == 0 || std::to_integer<int>(reader.rest().front()) >> 4 == 4) return false;
  reader.skip(4);
  return true;
}

}  // namespace

Next decode_gre(Layer& layer) {
  base::ByteReader reader = layer.reader;
  auto header = read_header(reader);
  if (!header || layer.length < header->bytes)
    return is_open(layer, Tunnel::gre) ? unread(layer, Tunnel::gre) : decode_other_protocol(layer);
  if (!header->point_to_point && (header->protocol == 0x88BE || header->protocol == 0x22EB)) {
    return decode_erspan(layer, *header, reader);
  }
  if (!is_open(layer, Tunnel::gre)) return decode_other_protocol(layer);
  if (header->point_to_point) return decode_point_to_point(layer, *header, reader);
  std::uint16_t type = header->protocol;
  switch (type) {
    case 0x883E:
      if (skip_wccp(reader)) header->bytes += 4;
      type = 0x0800;
      break;
    case 0x0800:
    case 0x86DD:
    case 0x6558:
    case 0x8847:
    case 0x8848:
    case 0x8909:
    case 0x894F: break;
    default: return unread(layer, Tunnel::gre);
  }
  if (layer.length < header->bytes || !plausible(type, reader, layer.length - header->bytes, room_in(layer))) {
    return unread(layer, Tunnel::gre);
  }
  const Next next = enter(layer, Tunnel::gre, header->bytes, inner(type));
  if (header->network != 0) layer.view.tunnel_id = header->network;
  return next;
}

}  // namespace weir::decode
