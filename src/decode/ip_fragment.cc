// SPDX-License-Identifier: Apache-2.0
#include "decode/ip_fragment.h"

namespace weir::decode {

namespace {

// What is smaller than this is made to hide something: no link has such a small MTU (the limit is Zeek's).
constexpr std::uint32_t kSmall = 64;

Next decode_later_fragment(Layer& layer, const FragmentKey& key) {
  PacketView& view = layer.view;
  view.later_fragment = true;
  view.protocol = key.protocol;
  view.payload_bytes = layer.length;
  ++layer.stats.later_fragments;
  if (const FragmentPorts* ports = layer.fragments.find(key, view.time)) {
    if (ports->tunnel) return Next::reject(RejectReason::tunnel_fragment);
    view.protocol = ports->protocol;
    view.src_port = ports->src_port;
    view.dst_port = ports->dst_port;
  } else if (layer.may_wait) {
    layer.waits = true;
    layer.fragment = {.id = key.id, .protocol = key.protocol};
  } else {
    ++layer.stats.orphan_fragments;
  }
  return Next::done();
}

}  // namespace

FragmentKey fragment_key(const PacketView& view, std::uint32_t id, std::uint8_t protocol) {
  return {.src = view.src,
          .dst = view.dst,
          .id = id,
          .tunnel_id = view.tunnel_id,
          .vlan = view.vlan,
          .protocol = protocol,
          .ip_version = view.ip_version};
}

Next decode_fragment(Layer& layer, const FragmentFields& fields) {
  if (fields.offset == 0 && !fields.more) [[likely]]
    return Next::ip_protocol(fields.protocol);
  const std::uint32_t end = fields.offset + layer.length;
  if (end > 0xFFFF) return Next::reject(RejectReason::fragment_beyond_end);
  const FragmentKey key = fragment_key(layer.view, fields.id, fields.protocol);
  if (fields.more && layer.length < kSmall) ++layer.stats.small_fragments;
  if (layer.fragments.cover(key, fields.offset, end, !fields.more, layer.view.time)) {
    ++layer.stats.overlapping_fragments;
  }
  if (fields.offset != 0) return decode_later_fragment(layer, key);
  layer.fragment = {.id = fields.id, .protocol = fields.protocol, .first = true};
  return Next::ip_protocol(fields.protocol);
}

}  // namespace weir::decode
