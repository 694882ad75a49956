// SPDX-License-Identifier: Apache-2.0
#include "decode/ip_fragment.h"
#include "decode/protocols.h"

namespace weir::decode {

namespace {

// RFC 791 section 3.1. The length of the packet: what the header says; where it says 0, the card was to cut a larger
// segment (TSO), and the frame's own length is all there is.
std::uint32_t total_length(Layer& layer, std::uint16_t said) {
  if (said != 0) [[likely]]
    return said;
  ++layer.stats.zero_ip_lengths;
  return layer.length;
}

}  // namespace

// version, words | service | total length 2 | id 2 | flags, offset 2 | TTL | protocol | checksum 2 | source 4 | destination 4
Next decode_ipv4(Layer& layer) {
  base::ByteReader& reader = layer.reader;
  std::byte src[4], dst[4];
  const std::uint8_t version_and_words = reader.u8();
  reader.skip(1);
  const std::uint16_t said_length = reader.u16();
  const std::uint16_t id = reader.u16();
  const std::uint16_t flags_and_offset = reader.u16();
  reader.skip(1);
  const std::uint8_t protocol = reader.u8();
  reader.skip(2);
  reader.copy(src);
  reader.copy(dst);
  if (!reader.ok()) return Next::reject(RejectReason::truncated_network);

  if (version_and_words >> 4 != 4) return Next::reject(RejectReason::bad_ip_version);
  const std::uint32_t header = (version_and_words & 0x0Fu) * 4;
  if (header < 20) return Next::reject(RejectReason::bad_ip_header_length);
  reader.skip(header - 20);
  if (!reader.ok()) return Next::reject(RejectReason::truncated_network);
  layer.length = total_length(layer, said_length);
  layer.view.ip_bytes = layer.length;
  if (!layer.consume_length(header)) return Next::reject(RejectReason::bad_ip_total_length);
  reader.limit(layer.length);

  layer.view.ip_version = 4;
  layer.view.src = base::IpAddress::v4(src);
  layer.view.dst = base::IpAddress::v4(dst);
  return decode_fragment(layer, {.id = id,
                                 .offset = (flags_and_offset & 0x1FFFu) * 8,
                                 .more = (flags_and_offset & 0x2000) != 0,
                                 .protocol = protocol});
}

}  // namespace weir::decode
