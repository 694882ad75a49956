// SPDX-License-Identifier: Apache-2.0
#include "decode/tunnel.h"

#include "decode/dispatch.h"
#include "decode/ip_fragment.h"
#include "decode/protocols.h"

namespace weir::decode {

namespace {

constexpr std::uint16_t kFrame = 0x6558;  // transparent Ethernet bridging
constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86DD;

bool is_tag(std::uint16_t type) { return type == 0x8100 || type == 0x88A8 || type == 0x9100; }

}  // namespace

bool plausible_ipv4(base::ByteReader bytes, std::uint32_t length, Room room) {
  const std::uint8_t version_and_words = bytes.u8();
  bytes.skip(1);
  const std::uint16_t total = bytes.u16();
  bytes.skip(16);
  const std::uint32_t header = (version_and_words & 0x0Fu) * 4;
  if (!bytes.ok() || version_and_words >> 4 != 4 || header < 20) return false;
  // A segment larger than the field can say (BIG TCP): only where there is so much.
  if (total == 0) return length > 0xFFFF;
  return total >= header && (total <= length || room == Room::may_be_short);
}

bool plausible_ipv6(base::ByteReader bytes, std::uint32_t length, Room room) {
  const std::uint32_t version_and_label = bytes.u32();
  const std::uint16_t above = bytes.u16();
  bytes.skip(34);
  return bytes.ok() && version_and_label >> 28 == 6 && (40u + above <= length || room == Room::may_be_short);
}

bool plausible_frame(base::ByteReader bytes, std::uint32_t length, Room room) {
  std::uint32_t header = 14;
  bytes.skip(12);
  std::uint16_t type = bytes.u16();
  for (int tags = 0; tags < 3 && is_tag(type); ++tags) {
    bytes.skip(2);
    type = bytes.u16();
    header += 4;
  }
  if (!bytes.ok() || length < header) return false;
  if (type < 0x0600) return type >= 3 && (header + type <= length || room == Room::may_be_short);
  return knows_ether_type(type) && plausible(type, bytes, length - header, room);
}

std::uint16_t plausible_ip(base::ByteReader bytes, std::uint32_t length, Room room) {
  if (plausible_ipv4(bytes, length, room)) return kIpv4;
  if (plausible_ipv6(bytes, length, room)) return kIpv6;
  return 0;
}

bool plausible(std::uint16_t ether_type, base::ByteReader bytes, std::uint32_t length, Room room) {
  switch (ether_type) {
    case kIpv4: return plausible_ipv4(bytes, length, room);
    case kIpv6: return plausible_ipv6(bytes, length, room);
    case kFrame: return plausible_frame(bytes, length, room);
    default: return true;
  }
}

Next inner(std::uint16_t ether_type) {
  return ether_type == kFrame ? Next::link_type(capture::LinkType::ethernet) : Next::ether_type(ether_type);
}

Next unread(Layer& layer, Tunnel tunnel) {
  ++layer.stats.tunnel(tunnel).unread;
  return decode_other_protocol(layer);
}

Next unread_datagram(Layer& layer, Tunnel tunnel) {
  ++layer.stats.tunnel(tunnel).unread;
  return Next::done();
}

Next enter(Layer& layer, Tunnel tunnel, std::uint32_t header_bytes, Next inside) {
  if (layer.tunnel_depth == kMaxTunnels) return Next::reject(RejectReason::tunnels_too_deep);
  ++layer.tunnel_depth;
  ++layer.stats.tunnel(tunnel).opened;
  if (layer.fragment.first) {
    layer.fragments.remember_tunnel(fragment_key(layer.view, layer.fragment.id, layer.fragment.protocol),
                                    layer.view.time);
    layer.fragment = {};
  }
  layer.reader.skip(header_bytes);
  layer.length -= header_bytes;
  PacketView& view = layer.view;
  view.src_port = 0;
  view.dst_port = 0;
  view.l4_header_bytes = 0;
  view.payload_bytes = 0;
  return inside;
}

}  // namespace weir::decode
