// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "decode/dispatch.h"
#include "decode/protocols.h"
#include "decode/transport.h"

namespace weir::decode {

namespace {

constexpr std::uint32_t kHeader = 8;

// The datagram's own length counts; what IP carries beyond it is no payload. It cannot be more than what IP carries: in a
// first fragment it rightly says more, anywhere else that is counted. 0 stands for "as IP says" (RFC 2675 section 4).
std::uint32_t payload_of(Layer& layer, std::uint32_t said) {
  const std::uint32_t carried = layer.length - kHeader;
  if (said == 0) return carried;
  if (said > layer.length && !layer.fragment.first) ++layer.stats.udp_lengths_clamped;
  return std::min(said - kHeader, carried);
}

Next into_tunnel(Layer& layer, std::uint16_t port) {
  layer.reader.skip(2);  // checksum
  layer.length = layer.view.payload_bytes;
  layer.reader.limit(layer.length);
  return Next::udp_port(port);
}

}  // namespace

// source port 2 | destination port 2 | length 2 | checksum 2
Next decode_udp(Layer& layer) {
  constexpr RejectReason kBad = RejectReason::bad_udp_length;
  if (const auto why = missing_header(layer, kHeader, kBad); why != RejectReason::none) return Next::reject(why);
  PacketView& view = layer.view;
  view.src_port = layer.reader.u16();
  view.dst_port = layer.reader.u16();
  const std::uint16_t said = layer.reader.u16();
  if (said != 0 && said < kHeader) return Next::reject(kBad);
  view.l4_header_bytes = kHeader;
  view.payload_bytes = payload_of(layer, said);
  if (may_be_tunnel(view.src_port, view.dst_port)) [[unlikely]]
    return into_tunnel(layer, is_tunnel_port(view.dst_port) ? view.dst_port : view.src_port);
  return Next::done();
}

}  // namespace weir::decode
