// SPDX-License-Identifier: Apache-2.0
// The builder is the ruler by which decoders are measured, so a few of its packets are checked byte by byte.
#include "tests/support/packet_builder.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace weir::support {
namespace {

Bytes hex(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

// RFC 1071: the sum over a correct header, its checksum included, is all ones.
std::uint32_t ones_complement_sum(std::span<const std::byte> bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum;
}

TEST(PacketBuilder, an_ipv4_udp_packet_is_right_byte_for_byte) {
  const Packet built = packet().ipv4("10.0.0.1", "10.0.0.2").ip_id(0x1234).udp(1000, 53).text("hi").build();
  EXPECT_EQ(built.bytes,
            hex({0x45, 0,    0, 30, 0x12, 0x34, 0,    0,    64,  17, 0x54, 0x99, 10, 0, 0, 1, 10, 0, 0, 2,  //
                 0x03, 0xE8, 0, 53, 0,    10,   0x7F, 0x51, 'h', 'i'}));
  EXPECT_EQ(built.link_type, capture::LinkType::raw);
}

TEST(PacketBuilder, checksums_verify_over_ipv4_and_ipv6) {
  const Packet four = packet().ipv4("10.1.2.3", "192.168.7.9").tcp(51515, 443, SYN | ACK).payload(101).build();
  const auto ip4 = std::span(four.bytes);
  EXPECT_EQ(ones_complement_sum(ip4.first(20)), 0xFFFFu);
  const std::uint32_t pseudo4 = ones_complement_sum(ip4.subspan(12, 8), 6 + 20 + 101);
  EXPECT_EQ(ones_complement_sum(ip4.subspan(20), pseudo4), 0xFFFFu);

  const Packet six = packet().ipv6("2001:db8::1", "2001:db8::2").udp(5, 6).payload(33).build();
  const auto ip6 = std::span(six.bytes);
  const std::uint32_t pseudo6 = ones_complement_sum(ip6.subspan(8, 32), 17 + 8 + 33);
  EXPECT_EQ(ones_complement_sum(ip6.subspan(40), pseudo6), 0xFFFFu);
}

TEST(PacketBuilder, short_ethernet_frames_are_padded_to_sixty_bytes) {
  const auto small = packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, ACK);
  EXPECT_EQ(small.build().bytes.size(), 60u);
  EXPECT_EQ(PacketBuilder(small).without_padding().build().bytes.size(), 54u);
  EXPECT_EQ(small.build().bytes[17], std::byte{40});  // IP's own length does not count the padding
}

TEST(PacketBuilder, fragments_cover_the_whole_packet_once) {
  const auto whole = packet().ipv4("10.0.0.1", "10.0.0.2").udp(7, 9).payload(1000);
  const std::vector<Packet> pieces = whole.fragments(400, 77);
  ASSERT_EQ(pieces.size(), 3u);
  Bytes joined;
  for (const Packet& piece : pieces) joined.insert(joined.end(), piece.bytes.begin() + 20, piece.bytes.end());
  const Packet unbroken = whole.build();
  EXPECT_EQ(joined, Bytes(unbroken.bytes.begin() + 20, unbroken.bytes.end()));
  EXPECT_EQ(pieces[0].bytes[6], std::byte{0x20});  // more fragments
  EXPECT_EQ(pieces[2].bytes[6], std::byte{0x00});
  EXPECT_EQ(pieces[2].bytes[7], std::byte{100});   // 800 / 8
}

TEST(PacketBuilder, ipv6_headers_name_what_follows_them) {
  const Packet built =
      packet().ipv6("fe80::1", "fe80::2").hop_by_hop().routing(24).fragment(9, 0, true).icmpv6(128).build();
  EXPECT_EQ(built.bytes[6], std::byte{0});         // hop-by-hop
  EXPECT_EQ(built.bytes[40], std::byte{43});       // routing
  EXPECT_EQ(built.bytes[48], std::byte{44});       // fragment
  EXPECT_EQ(built.bytes[48 + 24], std::byte{58});  // ICMPv6
}

TEST(PacketBuilder, a_cut_packet_remembers_its_length_on_the_wire) {
  const Packet built = packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(500).cut(64).build();
  EXPECT_EQ(built.raw().captured_length, 64u);
  EXPECT_EQ(built.raw().wire_length, 14u + 20 + 8 + 500);
}

}  // namespace
}  // namespace weir::support
