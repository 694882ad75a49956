// SPDX-License-Identifier: Apache-2.0
// VXLAN (RFC 7348), with group policy (draft-smith-vxlan-group-policy), and VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

constexpr std::uint32_t kHeader = 8;

Next open(Layer& layer, base::ByteReader inside, std::uint16_t type, std::uint32_t network) {
  if (layer.length < kHeader || !inside.ok() || !plausible(type, inside, layer.length - kHeader, room_in(layer))) {
    return unread_datagram(layer, Tunnel::vxlan);
  }
  if (!is_open(layer, Tunnel::vxlan)) return Next::done();
  const Next next = enter(layer, Tunnel::vxlan, kHeader, inner(type));
  layer.view.tunnel_id = network;
  return next;
}

}  // namespace

// flags 1 | reserved 3, or with a policy: flags 1, group 2 | network 3 | reserved 1
Next decode_vxlan(Layer& layer) {
  base::ByteReader reader = layer.reader;
  const std::uint32_t flags = reader.u32();
  const std::uint32_t network = reader.u32();
  const bool policy = (flags & 0x80000000) != 0;
  const std::uint32_t must_be_zero = policy ? 0x77B70000 : 0xF7FFFFFF;
  if ((flags & 0x08000000) == 0 || (flags & must_be_zero) != 0 || (network & 0xFF) != 0) {
    return unread_datagram(layer, Tunnel::vxlan);
  }
  return open(layer, reader, 0x6558, network >> 8);
}

// flags 1 (version 2 bits, network given, protocol given, ...) | reserved 2 | protocol 1 | network 3 | reserved 1
Next decode_vxlan_gpe(Layer& layer) {
  base::ByteReader reader = layer.reader;
  const std::uint32_t flags = reader.u32();
  const std::uint32_t network = reader.u32();
  constexpr std::uint32_t kNetwork = 0x08000000, kProtocol = 0x04000000,
                          kReserved = 0xF3FFFF00;                 // and a control message
  std::uint16_t type = 0;
  switch (flags & 0xFF) {
    case 0: type = (flags & kProtocol) == 0 ? 0x6558 : 0; break;  // no protocol given: a frame, as in VXLAN itself
    case 1: type = 0x0800; break;
    case 2: type = 0x86DD; break;
    case 3: type = 0x6558; break;
    case 4: type = 0x894F; break;
    case 5: type = 0x8847; break;
    default: break;
  }
  const bool protocol_given = (flags & kProtocol) != 0;
  if ((flags & kNetwork) == 0 || (flags & kReserved) != 0 || type == 0 || protocol_given == ((flags & 0xFF) == 0)) {
    return unread_datagram(layer, Tunnel::vxlan);
  }
  return open(layer, reader, type, network >> 8);
}

}  // namespace weir::decode
