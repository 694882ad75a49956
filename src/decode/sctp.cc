// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"
#include "decode/transport.h"

namespace weir::decode {

// source port 2 | destination port 2 | verification tag 4 | checksum 4 (RFC 9260 section 3.1); the chunks are the payload
Next decode_sctp(Layer& layer) {
  constexpr std::uint32_t kHeader = 12;
  constexpr RejectReason kBad = RejectReason::bad_sctp_length;
  if (const auto why = missing_header(layer, kHeader, kBad); why != RejectReason::none) return Next::reject(why);
  layer.view.src_port = layer.reader.u16();
  layer.view.dst_port = layer.reader.u16();
  layer.view.l4_header_bytes = kHeader;
  layer.view.payload_bytes = layer.length - kHeader;
  return Next::done();
}

}  // namespace weir::decode
