// SPDX-License-Identifier: Apache-2.0
// EtherIP (RFC 3378): Ethernet frames right behind IP.
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

// version 4 bits: 3 | reserved 12 bits
Next decode_etherip(Layer& layer) {
  constexpr std::uint32_t kHeader = 2;
  if (!is_open(layer, Tunnel::etherip)) return decode_other_protocol(layer);
  base::ByteReader reader = layer.reader;
  const std::uint16_t version_and_reserved = reader.u16();
  if (!reader.ok() || version_and_reserved != 0x3000 || layer.length < kHeader ||
      !plausible_frame(reader, layer.length - kHeader, room_in(layer))) {
    return unread(layer, Tunnel::etherip);
  }
  return enter(layer, Tunnel::etherip, kHeader, Next::link_type(capture::LinkType::ethernet));
}

}  // namespace weir::decode
