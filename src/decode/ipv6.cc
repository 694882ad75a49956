// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"

namespace weir::decode {

namespace {

constexpr std::uint32_t kHeader = 40;
constexpr std::uint8_t kNoNextHeader = 59;

// RFC 8200 section 3. The length above the header: what the header says. 0 with something following is a jumbogram
// (RFC 2675) or a segment that the card was to cut (BIG TCP): the frame's own length is taken.
std::uint32_t length_above(Layer& layer, std::uint16_t said, std::uint8_t next_header) {
  if (said != 0 || next_header == kNoNextHeader || layer.length <= kHeader) return said;
  ++layer.stats.zero_ip_lengths;
  return layer.length - kHeader;
}

}  // namespace

// version, class, flow label 4 | payload length 2 | next header | hop limit | source 16 | destination 16
Next decode_ipv6(Layer& layer) {
  base::ByteReader& reader = layer.reader;
  std::byte src[16], dst[16];
  const std::uint32_t version_and_label = reader.u32();
  const std::uint16_t said_length = reader.u16();
  const std::uint8_t next_header = reader.u8();
  reader.skip(1);
  reader.copy(src);
  reader.copy(dst);
  if (!reader.ok()) return Next::reject(RejectReason::truncated_network);
  if (version_and_label >> 28 != 6) return Next::reject(RejectReason::bad_ip_version);

  layer.length = length_above(layer, said_length, next_header);
  reader.limit(layer.length);
  layer.view.ip_bytes = kHeader + layer.length;
  layer.view.ip_version = 6;
  layer.view.src = base::IpAddress::v6(src);
  layer.view.dst = base::IpAddress::v6(dst);
  return Next::ip_protocol(next_header);
}

}  // namespace weir::decode
