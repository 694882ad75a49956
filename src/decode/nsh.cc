// SPDX-License-Identifier: Apache-2.0
// NSH, the header by which packets are led through a chain of services (RFC 8300).
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

// version 2 bits, OAM 1, unused 1, hops 6, words 6 | unused 4 bits, kind of metadata 4 | protocol 1 | path 3, place 1 | metadata
//
// The path is no part of a flow's identity: each direction goes by its own. What operators send (OAM) is a packet like others.
Next decode_nsh(Layer& layer) {
  if (!is_open(layer, Tunnel::nsh)) return Next::reject(RejectReason::nsh);
  base::ByteReader reader = layer.reader;
  const std::uint16_t base = reader.u16();
  const std::uint8_t kind = reader.u8() & 0x0F;
  const std::uint8_t protocol = reader.u8();
  const std::uint32_t header = (base & 0x3FU) * 4;
  if (!reader.ok()) return Next::reject(RejectReason::truncated_link);
  const bool fits = base >> 14 == 0 && (kind == 1 ? header == 24 : kind == 2 && header >= 8) && header <= layer.length;
  reader.skip(fits ? header - 4 : 0);
  std::uint16_t type = 0;
  switch (protocol) {
    case 1: type = 0x0800; break;
    case 2: type = 0x86DD; break;
    case 3: type = 0x6558; break;
    case 4: type = 0x894F; break;
    case 5: type = 0x8847; break;
    default: break;
  }
  if (!fits || type == 0 || !reader.ok() || !plausible(type, reader, layer.length - header, room_in(layer))) {
    ++layer.stats.tunnel(Tunnel::nsh).unread;
    return Next::reject(RejectReason::nsh);
  }
  return enter(layer, Tunnel::nsh, header, inner(type));
}

}  // namespace weir::decode
