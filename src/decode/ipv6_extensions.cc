// SPDX-License-Identifier: Apache-2.0
// Headers between IPv6 and the transport (RFC 8200 section 4), and the authentication header, which IPv4 has too.
#include "decode/ip_fragment.h"
#include "decode/protocols.h"

namespace weir::decode {

namespace {

// Both kinds begin with the next header's number and a length; they differ in its unit and in what 0 means.
Next skip_extension(Layer& layer, std::uint32_t unit, std::uint32_t units_not_counted) {
  const std::uint8_t next_header = layer.reader.u8();
  const std::uint32_t bytes = (layer.reader.u8() + units_not_counted) * unit;
  if (layer.length < 2 || (layer.reader.ok() && layer.length < bytes)) {
    return Next::reject(RejectReason::bad_extension_header);
  }
  layer.reader.skip(bytes - 2);
  if (!layer.reader.ok()) return Next::reject(RejectReason::truncated_network);
  layer.length -= bytes;
  return Next::ip_protocol(next_header);
}

}  // namespace

Next decode_ipv6_options(Layer& layer) {
  // These numbers mean nothing inside IPv4.
  if (layer.view.ip_version != 6) return decode_other_protocol(layer);
  return skip_extension(layer, 8, 1);
}

// RFC 4302 section 2.2: in words of 4 bytes, less two.
Next decode_authentication_header(Layer& layer) { return skip_extension(layer, 4, 2); }

// next header | reserved | offset 13 bits, reserved 2, more 1 | id 4
Next decode_ipv6_fragment(Layer& layer) {
  if (layer.view.ip_version != 6) return decode_other_protocol(layer);
  const std::uint8_t next_header = layer.reader.u8();
  layer.reader.skip(1);
  const std::uint16_t offset_and_more = layer.reader.u16();
  const std::uint32_t id = layer.reader.u32();
  if (!layer.consume_length(8)) return Next::reject(RejectReason::bad_extension_header);
  if (!layer.reader.ok()) return Next::reject(RejectReason::truncated_network);
  return decode_fragment(
      layer,
      {.id = id, .offset = offset_and_more & 0xFFF8u, .more = (offset_and_more & 1) != 0, .protocol = next_header});
}

}  // namespace weir::decode
