// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

constexpr int kMostLabels = 16;
constexpr std::uint32_t kIpv4Null = 0, kIpv6Null = 2, kGenericChannel = 13;

// MPLS does not say what it carries. A packet announces itself by its version; else a pseudowire carries Ethernet, with a
// control word (RFC 4385: 4 bytes that begin with 0) or without one.
struct Payload {
  std::uint32_t skip = 0;
  std::uint16_t type = 0;  // EtherType; 0x6558: a frame; 0: unknown
};
Payload payload_of(const Layer& layer, std::uint32_t label) {
  const Room room = room_in(layer);
  if (label == kGenericChannel) return {};
  if (const std::uint16_t ip = plausible_ip(layer.reader, layer.length, room); ip != 0) {
    if (!(label == kIpv4Null && ip != 0x0800) && !(label == kIpv6Null && ip != 0x86DD)) return {.type = ip};
  }
  if (plausible_frame(layer.reader, layer.length, room)) return {.type = 0x6558};
  base::ByteReader behind = layer.reader;
  const std::uint32_t control = behind.u32();
  if (!behind.ok() || control >> 28 != 0 || layer.length < 4) return {};
  if (plausible_frame(behind, layer.length - 4, room)) return {.skip = 4, .type = 0x6558};
  return {};
}

}  // namespace

// A stack of: label 20 bits, class 3, bottom 1, hops 8 (RFC 3032). Labels are no identity: each direction has its own.
Next decode_mpls(Layer& layer) {
  if (!is_open(layer, Tunnel::mpls)) return Next::reject(RejectReason::mpls);
  std::uint32_t entry = 0;
  for (int labels = 0; (entry & 0x100) == 0; ++labels) {
    if (labels == kMostLabels) return Next::reject(RejectReason::too_many_layers);
    entry = layer.reader.u32();
    if (!layer.reader.ok() || !layer.consume_length(4)) return Next::reject(RejectReason::truncated_link);
  }
  const Payload payload = payload_of(layer, entry >> 12);
  if (payload.type == 0) {
    ++layer.stats.tunnel(Tunnel::mpls).unread;
    return Next::reject(RejectReason::mpls);
  }
  return enter(layer, Tunnel::mpls, payload.skip, inner(payload.type));
}

}  // namespace weir::decode
