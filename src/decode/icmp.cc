// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792) and ICMPv6 (RFC 4443): the same header, other numbers.
#include "decode/protocols.h"
#include "decode/transport.h"

namespace weir::decode {

namespace {

// type | code | checksum 2 | for echo: identifier 2, sequence 2
Next decode_message(Layer& layer, std::uint8_t echo_request, std::uint8_t echo_reply) {
  constexpr std::uint32_t kHeader = 8;
  constexpr RejectReason kBad = RejectReason::bad_icmp_length;
  if (const auto why = missing_header(layer, kHeader, kBad); why != RejectReason::none) return Next::reject(why);
  PacketView& view = layer.view;
  view.icmp_type = layer.reader.u8();
  view.icmp_code = layer.reader.u8();
  layer.reader.skip(2);
  const std::uint16_t identifier = layer.reader.u16();
  // The identifier as both ports: request and reply are one flow, two pings are two.
  if (view.icmp_type == echo_request || view.icmp_type == echo_reply) {
    view.src_port = identifier;
    view.dst_port = identifier;
  }
  view.l4_header_bytes = kHeader;
  view.payload_bytes = layer.length - kHeader;
  return Next::done();
}

// Errors quote the packet that they speak of. They stay flows of their own: docs/decisions/icmp-errors.md.
bool is_error4(std::uint8_t type) { return (type >= 3 && type <= 5) || type == 11 || type == 12; }
bool is_error6(std::uint8_t type) { return type < 128; }

}  // namespace

Next decode_icmp(Layer& layer) {
  const Next next = decode_message(layer, 8, 0);
  if (next.reason == RejectReason::none) layer.stats.icmp_errors += is_error4(layer.view.icmp_type);
  return next;
}

Next decode_icmpv6(Layer& layer) {
  const Next next = decode_message(layer, 128, 129);
  if (next.reason == RejectReason::none) layer.stats.icmp_errors += is_error6(layer.view.icmp_type);
  return next;
}

}  // namespace weir::decode
