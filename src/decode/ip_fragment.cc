// SPDX-License-Identifier: Apache-2.0
#include "decode/ip_fragment.h"

namespace weir::decode {

namespace {

Next decode_later_fragment(Layer& layer, const FragmentKey& key) {
  PacketView& view = layer.view;
  view.later_fragment = true;
  view.protocol = key.protocol;
  view.payload_bytes = layer.length;
  ++layer.stats.later_fragments;
  if (const FragmentPorts* ports = layer.fragments.find(key, view.time)) {
    view.protocol = ports->protocol;
    view.src_port = ports->src_port;
    view.dst_port = ports->dst_port;
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
          .vlan = view.vlan,
          .protocol = protocol,
          .ip_version = view.ip_version};
}

Next decode_fragment(Layer& layer, const FragmentFields& fields) {
  if (fields.offset == 0 && !fields.more) [[likely]]
    return Next::ip_protocol(fields.protocol);
  if (fields.offset + layer.length > 0xFFFF) return Next::reject(RejectReason::fragment_beyond_end);
  if (fields.offset != 0) return decode_later_fragment(layer, fragment_key(layer.view, fields.id, fields.protocol));
  layer.fragment = {.id = fields.id, .protocol = fields.protocol, .first = true};
  return Next::ip_protocol(fields.protocol);
}

}  // namespace weir::decode
