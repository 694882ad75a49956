// SPDX-License-Identifier: Apache-2.0
// Wireless frames, alone or behind a radiotap header: data frames in the clear are read, all others refused by their kind.
// Fields are little-endian.
#include <algorithm>

#include "decode/protocols.h"

namespace weir::decode {

namespace {

std::uint16_t little16(base::ByteReader& reader) { return __builtin_bswap16(reader.u16()); }
std::uint32_t little32(base::ByteReader& reader) { return __builtin_bswap32(reader.u32()); }

constexpr std::uint8_t kFcsAtEnd = 0x10, kPadded = 0x20, kFcsBad = 0x40;  // radiotap's flags

// The flags field, if there is one. It follows the bit masks and the time stamp, which is aligned to 8 bytes.
std::uint8_t radiotap_flags(base::ByteReader header) {
  header.skip(4);
  const std::uint32_t first = little32(header);
  std::uint32_t at = 8;
  for (std::uint32_t mask = first; (mask & 0x80000000) != 0 && header.ok(); at += 4) mask = little32(header);
  if ((first & 2) == 0) return 0;
  if ((first & 1) != 0) header.skip((8 - at % 8) % 8 + 8);
  const std::uint8_t flags = header.u8();
  return header.ok() ? flags : 0;
}

// destination 6 | source 6 | length 2 (big-endian, as an exception), then LLC. The next one begins at a multiple of 4 bytes.
constexpr std::uint32_t kSubframeHeader = 14;

// frame control 2 | duration 2 | three addresses | sequence 2 | a fourth address, QoS 2, HT control 4 where flags say so
Next decode_frame(Layer& layer, bool padded) {
  base::ByteReader& reader = layer.reader;
  const std::uint16_t control = little16(reader);
  if (!reader.ok()) return Next::reject(RejectReason::truncated_link);
  const unsigned type = control >> 2 & 3, subtype = control >> 4 & 15;
  if ((control & 3) != 0) return Next::reject(RejectReason::wifi_control);  // a later version of the protocol
  if (type == 0) return Next::reject(RejectReason::wifi_management);
  if (type != 2) return Next::reject(RejectReason::wifi_control);
  if ((subtype & 4) != 0) return Next::reject(RejectReason::wifi_no_data);
  if ((control & 0x4000) != 0) return Next::reject(RejectReason::wifi_protected);

  const bool qos = (subtype & 8) != 0;
  std::uint32_t header = 24;
  reader.skip(20);
  const std::uint16_t sequence = little16(reader);
  if ((control & 0x0300) == 0x0300) reader.skip(6), header += 6;
  std::uint16_t qos_control = 0;
  if (qos) qos_control = little16(reader), header += 2;
  if (qos && (control & 0x8000) != 0) reader.skip(4), header += 4;
  if (padded && header % 4 != 0) reader.skip(4 - header % 4), header += 4 - header % 4;
  if (!reader.ok() || !layer.consume_length(header)) return Next::reject(RejectReason::truncated_link);
  // The first fragment has the IP header, and its lengths.
  if ((sequence & 0x000F) != 0) return Next::reject(RejectReason::wifi_fragment);
  return (qos_control & 0x0080) != 0 ? Next::wifi_subframe() : Next::ether_type(0);  // LLC
}

}  // namespace

// version 0 | padding 1 | length 2 | masks 4 ...
Next decode_radiotap(Layer& layer) {
  base::ByteReader header = layer.reader;
  const std::uint8_t version = header.u8();
  header.skip(1);
  const std::uint16_t bytes = little16(header);
  if (!header.ok()) return Next::reject(RejectReason::truncated_link);
  if (version != 0 || bytes < 8 || layer.length < bytes) return Next::reject(RejectReason::bad_radiotap_header);
  base::ByteReader fields = layer.reader;
  fields.limit(bytes);
  const std::uint8_t flags = radiotap_flags(fields);
  layer.reader.skip(bytes);
  layer.length -= bytes;
  if (!layer.reader.ok()) return Next::reject(RejectReason::truncated_link);
  if ((flags & kFcsBad) != 0) return Next::reject(RejectReason::wifi_bad_checksum);
  if ((flags & kFcsAtEnd) != 0 && layer.length >= 4) {
    layer.length -= 4;
    layer.reader.limit(layer.length);
  }
  return decode_frame(layer, (flags & kPadded) != 0);
}

Next decode_ieee80211(Layer& layer) { return decode_frame(layer, false); }

Next decode_wifi_subframe(Layer& layer) {
  base::ByteReader whole = layer.reader;
  layer.reader.skip(12);
  const std::uint32_t length = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(kSubframeHeader)) return Next::reject(RejectReason::truncated_link);
  // What is too short for another header is padding.
  const std::uint32_t padded = (kSubframeHeader + length + 3) / 4 * 4;
  if (padded <= layer.length) {
    if (!layer.may_split) return Next::reject(RejectReason::wifi_aggregate);
    whole.skip(padded);
    if (whole.ok()) layer.more = whole.rest();
    layer.more_length = layer.length + kSubframeHeader - padded;
  }
  layer.length = std::min(layer.length, length);
  layer.reader.limit(layer.length);
  return Next::ether_type(0);  // LLC
}

}  // namespace weir::decode
