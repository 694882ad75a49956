// SPDX-License-Identifier: Apache-2.0
// For tests: views of packets, and their comparison fact by fact.
#pragma once

#include <gtest/gtest.h>

#include "decode/decoder.h"
#include "tests/support/packet_builder.h"

namespace weir::decode::testing {

// Every fact, so that twins are compared whole.
inline void expect_same_view(const PacketView& got, const PacketView& wanted) {
  EXPECT_EQ(got.time, wanted.time);
  EXPECT_EQ(got.src.to_string(), wanted.src.to_string());
  EXPECT_EQ(got.dst.to_string(), wanted.dst.to_string());
  EXPECT_EQ(got.ip_bytes, wanted.ip_bytes);
  EXPECT_EQ(got.payload_bytes, wanted.payload_bytes);
  EXPECT_EQ(got.tunnel_id, wanted.tunnel_id);
  EXPECT_EQ(got.vlan, wanted.vlan);
  EXPECT_EQ(got.src_port, wanted.src_port);
  EXPECT_EQ(got.dst_port, wanted.dst_port);
  EXPECT_EQ(got.l4_header_bytes, wanted.l4_header_bytes);
  EXPECT_EQ(got.tcp_window, wanted.tcp_window);
  EXPECT_EQ(got.tcp_seq, wanted.tcp_seq);
  EXPECT_EQ(got.tcp_ack, wanted.tcp_ack);
  EXPECT_EQ(got.ip_version, wanted.ip_version);
  EXPECT_EQ(got.protocol, wanted.protocol);
  EXPECT_EQ(got.tcp_flags, wanted.tcp_flags);
  EXPECT_EQ(got.icmp_type, wanted.icmp_type);
  EXPECT_EQ(got.icmp_code, wanted.icmp_code);
  EXPECT_EQ(got.later_fragment, wanted.later_fragment);
}

inline PacketView view_of(const support::Packet& built) {
  Decoder decoder;
  PacketView view;
  EXPECT_EQ(name(decoder.decode(built.raw(), view)), "none");
  return view;
}
inline PacketView view_of(const support::PacketBuilder& builder) { return view_of(builder.build()); }

// A TCP segment inside of whatever `link` begins with.
inline support::PacketBuilder tcp_in(support::PacketBuilder link, std::size_t payload = 100) {
  return link.at_us(77)
      .ipv4("10.0.0.1", "10.0.0.2")
      .tcp(51515, 443, support::PSH | support::ACK)
      .seq(0x01020304)
      .ack(0x05060708)
      .window(4321)
      .payload(payload);
}

}  // namespace weir::decode::testing
