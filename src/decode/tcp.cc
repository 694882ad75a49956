// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"
#include "decode/transport.h"

namespace weir::decode {

// source port 2 | destination port 2 | sequence 4 | acknowledgement 4 | words | flags | window 2 | checksum 2 | urgent 2
Next decode_tcp(Layer& layer) {
  constexpr RejectReason kBad = RejectReason::bad_tcp_header_length;
  if (const auto why = missing_header(layer, 20, kBad); why != RejectReason::none) return Next::reject(why);
  PacketView& view = layer.view;
  base::ByteReader& reader = layer.reader;
  view.src_port = reader.u16();
  view.dst_port = reader.u16();
  view.tcp_seq = reader.u32();
  view.tcp_ack = reader.u32();
  const std::uint32_t header = (reader.u8() >> 4) * 4u;
  view.tcp_flags = reader.u8();
  view.tcp_window = reader.u16();
  // The options themselves are not needed, so they may lie beyond the snap length.
  if (header < 20) return Next::reject(kBad);
  if (const bool fits = layer.consume_length(header); !fits) {
    return Next::reject(layer.fragment.first ? RejectReason::tiny_fragment : kBad);
  }
  view.l4_header_bytes = static_cast<std::uint16_t>(header);
  view.payload_bytes = layer.length;
  return Next::done();
}

}  // namespace weir::decode
