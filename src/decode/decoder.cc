// SPDX-License-Identifier: Apache-2.0
#include "decode/decoder.h"

#include <memory>

#include "base/check.h"
#include "decode/dispatch.h"
#include "decode/ip_fragment.h"

namespace weir::decode {

namespace {

// Ethernet, two tags, IPv6, a few extension headers, fragment, transport: nine in honest traffic.
constexpr int kMaxLayers = 16;

RejectReason walk(capture::LinkType link_type, Layer& layer) {
  Next next = Next::link_type(link_type);
  for (int depth = 0; depth < kMaxLayers; ++depth) {
    if (next.space == Next::Space::ip_protocol) layer.view.protocol = static_cast<std::uint8_t>(next.number);
    next = decoder_of(next)(layer);
    if (next.space == Next::Space::end) return next.reason;
  }
  return RejectReason::too_many_layers;
}

}  // namespace

RejectReason Decoder::decode(const capture::RawPacket& packet, PacketView& view) {
  std::construct_at(&view);  // in place: assigning a fresh one copies it, which cost a third of the whole walk
  view.time = packet.time;
  Layer layer{.reader = base::ByteReader(packet.bytes()),
              .length = packet.wire_length,
              .view = view,
              .fragments = fragments_,
              .stats = stats_};
  const RejectReason reason = walk(packet.link_type, layer);
  ++stats_.packets;
  if (reason != RejectReason::none) {
    ++stats_.by_reason[static_cast<std::size_t>(reason)];
    return reason;
  }
  ++stats_.accepted;
  if (layer.fragment.first) [[unlikely]] {
    const FragmentKey key = fragment_key(view, layer.fragment.id, layer.fragment.protocol);
    fragments_.remember(key, {view.src_port, view.dst_port, view.protocol}, view.time);
  }
  return reason;
}

std::size_t Decoder::decode(std::span<const capture::RawPacket> packets, std::span<PacketView> views) {
  WEIR_CHECK(views.size() >= packets.size());
  std::size_t accepted = 0;
  for (const capture::RawPacket& packet : packets) {
    if (decode(packet, views[accepted]) == RejectReason::none) ++accepted;
  }
  return accepted;
}

}  // namespace weir::decode
