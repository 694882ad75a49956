// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"
#include "decode/tunnel.h"

namespace weir::decode {

namespace {

// Each option: class 2 | type 1 | words of data 1 (3 bits reserved). They must fill what the header says exactly.
bool skip_options(base::ByteReader& reader, std::uint32_t bytes) {
  while (bytes >= 4 && reader.ok()) {
    reader.skip(3);
    const std::uint32_t data = (reader.u8() & 0x1Fu) * 4;
    if (bytes < 4 + data) return false;
    reader.skip(data);
    bytes -= 4 + data;
  }
  return bytes == 0 && reader.ok();
}

}  // namespace

// RFC 8926 section 3.4: version 2 bits, words of options 6 | control 1 bit, critical 1, reserved 6 | protocol 2 | network 3 |
// reserved 1 | options
Next decode_geneve(Layer& layer) {
  base::ByteReader reader = layer.reader;
  const std::uint8_t version_and_words = reader.u8();
  const std::uint8_t flags = reader.u8();
  const std::uint16_t type = reader.u16();
  const std::uint32_t network = reader.u32();
  const std::uint32_t options = (version_and_words & 0x3Fu) * 4;
  const std::uint32_t header = 8 + options;
  const bool known = type == 0x6558 || type == 0x0800 || type == 0x86DD;
  // A control message (0x80) carries no packet of a tenant.
  if (version_and_words >> 6 != 0 || (flags & 0xBF) != 0 || (network & 0xFF) != 0 || !known || layer.length < header ||
      !skip_options(reader, options) || !plausible(type, reader, layer.length - header, room_in(layer))) {
    return unread_datagram(layer, Tunnel::geneve);
  }
  if (!is_open(layer, Tunnel::geneve)) return Next::done();
  const Next next = enter(layer, Tunnel::geneve, header, inner(type));
  layer.view.tunnel_id = network >> 8;
  return next;
}

}  // namespace weir::decode
