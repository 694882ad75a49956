// SPDX-License-Identifier: Apache-2.0
// What an accepted packet looks like, however it was wrapped.
#include "decode/decoder.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "capture/link_type.h"
#include "decode/dispatch.h"
#include "decode/testing_views.h"
#include "tests/support/packet_builder.h"

namespace weir::decode {

namespace {

using support::ACK;
using support::packet;
using support::PacketBuilder;
using support::PSH;
using support::SYN;
using testing::expect_same_view;
using testing::tcp_in;
using testing::view_of;

TEST(Decoder, a_tcp_segment_gives_all_its_facts) {
  const PacketView view = view_of(tcp_in(packet().ethernet()));
  EXPECT_EQ(view.time, base::from_us(77));
  EXPECT_EQ(view.src.to_string(), "10.0.0.1");
  EXPECT_EQ(view.dst.to_string(), "10.0.0.2");
  EXPECT_EQ(view.ip_bytes, 140u);
  EXPECT_EQ(view.payload_bytes, 100u);
  EXPECT_EQ(view.vlan, kNoVlan);
  EXPECT_EQ(view.src_port, 51515);
  EXPECT_EQ(view.dst_port, 443);
  EXPECT_EQ(view.l4_header_bytes, 20);
  EXPECT_EQ(view.tcp_window, 4321);
  EXPECT_EQ(view.tcp_seq, 0x01020304u);
  EXPECT_EQ(view.tcp_ack, 0x05060708u);
  EXPECT_EQ(view.ip_version, 4);
  EXPECT_EQ(view.protocol, protocol::kTcp);
  EXPECT_EQ(view.tcp_flags, tcp_flag::kPsh | tcp_flag::kAck);
  EXPECT_FALSE(view.later_fragment);
}

TEST(Decoder, options_count_as_header_and_never_as_payload) {
  const PacketView view = view_of(
      packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").ip_options(12).tcp(1, 2, SYN).tcp_options(20).payload(5));
  EXPECT_EQ(view.l4_header_bytes, 40);
  EXPECT_EQ(view.payload_bytes, 5u);
  EXPECT_EQ(view.ip_bytes, 20u + 12 + 40 + 5);
}

TEST(Decoder, udp_sctp_and_icmp_have_the_headers_of_their_standards) {
  const auto in_ip = [] { return packet().ipv4("10.0.0.1", "10.0.0.2"); };
  const PacketView udp = view_of(in_ip().udp(53, 5353).payload(30));
  EXPECT_EQ(udp.l4_header_bytes, 8);
  EXPECT_EQ(udp.payload_bytes, 30u);
  EXPECT_EQ(udp.src_port, 53);
  EXPECT_EQ(udp.dst_port, 5353);
  const PacketView sctp = view_of(in_ip().sctp(38412, 38413).payload(16));
  EXPECT_EQ(sctp.l4_header_bytes, 12);
  EXPECT_EQ(sctp.payload_bytes, 16u);
  EXPECT_EQ(sctp.src_port, 38412);
  EXPECT_EQ(sctp.protocol, protocol::kSctp);
  const PacketView unreachable = view_of(in_ip().icmp(3, 1).payload(28));
  EXPECT_EQ(unreachable.icmp_type, 3);
  EXPECT_EQ(unreachable.icmp_code, 1);
  EXPECT_EQ(unreachable.l4_header_bytes, 8);
  EXPECT_EQ(unreachable.payload_bytes, 28u);
  EXPECT_EQ(unreachable.src_port, 0);
}

TEST(Decoder, a_ping_and_its_answer_carry_the_identifier_as_both_ports) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{8, 0}) {
    const PacketView view = view_of(packet().ipv4("10.0.0.1", "10.0.0.2").icmp(type, 0, 0x1234, 9).payload(56));
    EXPECT_EQ(view.src_port, 0x1234);
    EXPECT_EQ(view.dst_port, 0x1234);
  }
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{128, 129}) {
    const PacketView view = view_of(packet().ipv6("fe80::1", "fe80::2").icmpv6(type, 0, 0x4321, 9).payload(56));
    EXPECT_EQ(view.src_port, 0x4321);
    EXPECT_EQ(view.dst_port, 0x4321);
    EXPECT_EQ(view.protocol, protocol::kIcmpV6);
  }
}

TEST(Decoder, other_protocols_are_flows_without_ports) {
  for (const int number : {2, 46, 50, 89, 255}) {
    const PacketView view =
        view_of(packet().ipv4("10.0.0.1", "10.0.0.2").protocol(static_cast<std::uint8_t>(number)).payload(44));
    EXPECT_EQ(view.protocol, number);
    EXPECT_EQ(view.payload_bytes, 44u);
    EXPECT_EQ(view.l4_header_bytes, 0);
    EXPECT_EQ(view.src_port, 0);
  }
}

// G11
TEST(Decoder, ethernet_padding_is_no_payload) {
  const auto padded = packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, ACK);
  ASSERT_EQ(padded.build().bytes.size(), 60u);
  EXPECT_EQ(view_of(padded).payload_bytes, 0u);
  EXPECT_EQ(view_of(padded).ip_bytes, 40u);
  const PacketView six = view_of(packet().ethernet().ipv6("fe80::1", "fe80::2").udp(1, 2).payload(3).trailer(40));
  EXPECT_EQ(six.payload_bytes, 3u);
}

// G12
TEST(Decoder, the_same_segment_in_every_link_layer_gives_the_same_view) {
  const PacketView plain = view_of(tcp_in(packet().ethernet()));
  const std::vector<PacketBuilder> links = {
      packet().sll(),
      packet().sll2(),
      packet().null_loopback(false),
      packet().null_loopback(true),
      packet().loop(),
      packet(),
      packet().ethernet().snap(),
      packet().ethernet().vlan(0),  // a priority, not a VLAN
      packet().ethernet().security_group(7),
  };
  for (const PacketBuilder& link : links) expect_same_view(view_of(tcp_in(link)), plain);

  support::Packet raw4 = tcp_in(packet()).build();
  raw4.link_type = capture::LinkType::ipv4;
  expect_same_view(view_of(raw4), plain);
}

// G12
TEST(Decoder, vlan_tags_change_nothing_but_the_outer_vlan_id) {
  PacketView wanted = view_of(tcp_in(packet().ethernet()));
  wanted.vlan = 7;
  expect_same_view(view_of(tcp_in(packet().ethernet().vlan(7))), wanted);
  expect_same_view(view_of(tcp_in(packet().ethernet().vlan(7, 0x88A8).vlan(42))), wanted);
  expect_same_view(view_of(tcp_in(packet().ethernet().vlan(7, 0x9100).vlan(42).vlan(43))), wanted);
  expect_same_view(view_of(tcp_in(packet().ethernet().vlan(0x6007))), wanted);  // with priority 3
  expect_same_view(view_of(tcp_in(packet().sll().vlan(7))), wanted);
}

// G9
TEST(Decoder, the_ipv6_twin_of_a_segment_differs_in_nothing_but_ip) {
  PacketView wanted = view_of(tcp_in(packet().ethernet()));
  wanted.src = *base::IpAddress::parse("2001:db8::1");
  wanted.dst = *base::IpAddress::parse("2001:db8::2");
  wanted.ip_version = 6;
  wanted.ip_bytes += 20;
  const auto six = [](PacketBuilder link) {
    return link.at_us(77)
        .ipv6("2001:db8::1", "2001:db8::2")
        .tcp(51515, 443, PSH | ACK)
        .seq(0x01020304)
        .ack(0x05060708)
        .window(4321)
        .payload(100);
  };
  for (const PacketBuilder& link : {packet().ethernet(), packet().sll(), packet().sll2(), packet().null_loopback(),
                                    packet().null_loopback(true), packet().loop(), packet()}) {
    expect_same_view(view_of(six(link)), wanted);
  }
}

TEST(Decoder, every_family_number_that_ipv6_has_on_loopback_is_known) {
  for (const int family : {10, 24, 28, 30}) {
    auto built = packet().null_loopback().ipv6("::1", "::1").udp(1, 2).build();
    built.bytes[0] = static_cast<std::byte>(family);
    EXPECT_EQ(view_of(built).ip_version, 6);
  }
}

TEST(Decoder, ipv6_extension_headers_are_walked_and_are_no_payload) {
  const PacketView view = view_of(packet()
                                      .ipv6("fe80::1", "fe80::2")
                                      .hop_by_hop(16)
                                      .destination_options(24)
                                      .routing(24)
                                      .authentication_header()
                                      .destination_options()
                                      .udp(5, 6)
                                      .payload(10));
  EXPECT_EQ(view.protocol, protocol::kUdp);
  EXPECT_EQ(view.src_port, 5);
  EXPECT_EQ(view.payload_bytes, 10u);
  EXPECT_EQ(view.ip_bytes, 40u + 16 + 24 + 24 + 24 + 8 + 18);
}

TEST(Decoder, the_authentication_header_of_ipv4_is_walked_too) {
  const PacketView view =
      view_of(packet().ipv4("10.0.0.1", "10.0.0.2").authentication_header().tcp(1, 2, SYN).payload(3));
  EXPECT_EQ(view.protocol, protocol::kTcp);
  EXPECT_EQ(view.payload_bytes, 3u);
}

TEST(Decoder, ipv6_header_numbers_are_plain_protocols_inside_ipv4) {
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{0, 43, 44, 60}) {
    const PacketView view = view_of(packet().ipv4("10.0.0.1", "10.0.0.2").protocol(number).payload(20));
    EXPECT_EQ(view.protocol, number);
    EXPECT_EQ(view.payload_bytes, 20u);
  }
}

TEST(Decoder, encrypted_ipv6_is_protocol_50_without_ports) {
  const PacketView view = view_of(packet().ipv6("fe80::1", "fe80::2").hop_by_hop().protocol(50).payload(64));
  EXPECT_EQ(view.protocol, 50);
  EXPECT_EQ(view.payload_bytes, 64u);
  EXPECT_EQ(view.src_port, 0);
}

TEST(Decoder, a_snap_length_changes_no_length) {
  const PacketView whole = view_of(tcp_in(packet().ethernet(), 1400));
  const PacketView cut = view_of(tcp_in(packet().ethernet(), 1400).cut(14 + 20 + 20));
  expect_same_view(cut, whole);
}

TEST(Decoder, tcp_options_beyond_the_snap_length_are_not_needed) {
  const PacketView view = view_of(
      packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, SYN).tcp_options(40).payload(7).cut(14 + 20 + 20));
  EXPECT_EQ(view.l4_header_bytes, 60);
  EXPECT_EQ(view.payload_bytes, 7u);
}

TEST(Decoder, a_length_of_zero_in_the_ip_header_stands_for_the_length_of_the_frame) {
  Decoder decoder;
  PacketView view;
  const auto four = tcp_in(packet().ethernet(), 30'000).total_length(0).cut(200).build();
  ASSERT_EQ(decoder.decode(four.raw(), view), RejectReason::none);
  EXPECT_EQ(view.ip_bytes, 30'040u);
  EXPECT_EQ(view.payload_bytes, 30'000u);
  const auto six =
      packet().ethernet().ipv6("fe80::1", "fe80::2").tcp(1, 2, ACK).payload(40'000).total_length(0).build();
  ASSERT_EQ(decoder.decode(six.raw(), view), RejectReason::none);
  EXPECT_EQ(view.ip_bytes, 40'060u);
  EXPECT_EQ(view.payload_bytes, 40'000u);
  EXPECT_EQ(decoder.stats().zero_ip_lengths, 2u);
}

TEST(Decoder, ipv6_without_a_next_header_may_be_empty) {
  const PacketView view = view_of(packet().ipv6("fe80::1", "fe80::2"));
  EXPECT_EQ(view.protocol, 59);
  EXPECT_EQ(view.ip_bytes, 40u);
  EXPECT_EQ(view.payload_bytes, 0u);
}

TEST(Decoder, the_udp_length_counts_where_it_is_less_than_what_ip_carries) {
  Decoder decoder;
  PacketView view;
  auto built = packet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(50);
  ASSERT_EQ(decoder.decode(PacketBuilder(built).overwrite(24, {{}, std::byte{18}}).build().raw(), view),
            RejectReason::none);
  EXPECT_EQ(view.payload_bytes, 10u);
  EXPECT_EQ(decoder.stats().udp_lengths_clamped, 0u);
  ASSERT_EQ(decoder.decode(PacketBuilder(built).overwrite(24, {std::byte{200}, {}}).build().raw(), view),
            RejectReason::none);
  EXPECT_EQ(view.payload_bytes, 50u);
  EXPECT_EQ(decoder.stats().udp_lengths_clamped, 1u);
  ASSERT_EQ(decoder.decode(PacketBuilder(built).overwrite(24, {{}, {}}).build().raw(), view), RejectReason::none);
  EXPECT_EQ(view.payload_bytes, 50u);
}

TEST(Decoder, a_view_keeps_nothing_of_the_packet_before_it) {
  Decoder decoder;
  PacketView view;
  ASSERT_EQ(decoder.decode(tcp_in(packet().ethernet().vlan(9)).build().raw(), view), RejectReason::none);
  const auto igmp = packet().at_us(5).ethernet().ipv4("10.0.0.3", "224.0.0.1").protocol(2).payload(8);
  ASSERT_EQ(decoder.decode(igmp.build().raw(), view), RejectReason::none);
  expect_same_view(view, view_of(igmp));
}

TEST(Decoder, a_batch_gives_the_accepted_packets_in_their_order_and_accounts_for_all) {
  const std::vector<support::Packet> built = {
      packet().ethernet().arp().build(),
      tcp_in(packet().ethernet(), 1).build(),
      packet().ethernet().ether_type(0x88CC).payload(46).build(),
      tcp_in(packet().ethernet(), 2).build(),
      packet().ethernet().arp().build(),
  };
  std::vector<capture::RawPacket> raw;
  for (const support::Packet& one : built) raw.push_back(one.raw());
  Decoder decoder;
  const auto views = decoder.decode(raw);
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0].payload_bytes, 1u);
  EXPECT_EQ(views[1].payload_bytes, 2u);
  EXPECT_EQ(decoder.stats().packets, 5u);
  EXPECT_EQ(decoder.stats().accepted, 2u);
  EXPECT_EQ(decoder.stats().count(RejectReason::arp), 2u);
  EXPECT_EQ(decoder.stats().count(RejectReason::lldp), 1u);
  EXPECT_EQ(decoder.stats().accepted + decoder.stats().rejected(), decoder.stats().packets);
}

TEST(Decoder, a_frame_without_bytes_may_point_nowhere) {
  capture::RawPacket nothing;
  nothing.wire_length = 60;
  Decoder decoder;
  PacketView view;
  EXPECT_EQ(decoder.decode(nothing, view), RejectReason::truncated_link);
  EXPECT_TRUE(decoder.decode(std::span(&nothing, 1)).empty());
}

TEST(Decoder, the_counts_of_workers_add_up) {
  DecodeStats sum;
  for (int worker = 0; worker < 3; ++worker) {
    Decoder decoder;
    PacketView view;
    decoder.decode(packet().ethernet().arp().build().raw(), view);
    decoder.decode(tcp_in(packet().ethernet()).build().raw(), view);
    sum += decoder.stats();
  }
  EXPECT_EQ(sum.packets, 6u);
  EXPECT_EQ(sum.accepted, 3u);
  EXPECT_EQ(sum.count(RejectReason::arp), 3u);
}

TEST(Decoder, every_link_type_that_a_source_takes_in_has_a_decoder) {
  int supported = 0;
  for (std::uint32_t number = 0; number < 512; ++number) {
    const auto type = capture::supported_link_type(number);
    if (!type) continue;
    ++supported;
    EXPECT_TRUE(decodes(*type)) << capture::link_type_name(number);
  }
  EXPECT_GE(supported, 8);
}

// The shortcut for common packets against the walk: every byte of the headers changed, every length cut.
TEST(Decoder, the_shortcut_sees_what_the_walk_sees) {
  const auto ip = [] { return support::packet().ethernet().ipv4("198.18.0.1", "198.18.0.2"); };
  Decoder decoder, walker;
  std::size_t accepted = 0;
  const auto compare = [&](const support::Packet& packet) {
    PacketView view, walked;
    const RejectReason outcome = decoder.decode(packet.raw(), view);
    ASSERT_EQ(outcome, walker.decode_by_walk(packet.raw(), walked));
    if (outcome == RejectReason::none) expect_same_view(view, walked);
    accepted += outcome == RejectReason::none;
  };
  for (const support::Packet& sound :
       {ip().tcp(51515, 443, support::ACK).tcp_options(12).payload(40).build(), ip().udp(51515, 53).payload(40).build(),
        ip().udp(51515, 4789).payload(40).build(), ip().udp(3544, 1).payload(40).build()}) {
    for (std::size_t at = 0; at < 60; ++at) {
      for (unsigned value = 0; value < 256; ++value) {
        support::Packet changed = sound;
        changed.bytes[at] = static_cast<std::byte>(value);
        compare(changed);
      }
    }
    for (std::size_t length = 0; length < sound.bytes.size(); ++length) {
      support::Packet cut = sound;
      cut.bytes.resize(length);
      compare(cut);
      cut.wire_length = static_cast<std::uint32_t>(length);
      compare(cut);
    }
  }
  EXPECT_GT(accepted, 10'000u);
  EXPECT_EQ(decoder.stats().packets, walker.stats().packets);
  EXPECT_EQ(decoder.stats().by_reason, walker.stats().by_reason);
  EXPECT_EQ(decoder.stats().zero_ip_lengths, walker.stats().zero_ip_lengths);
  EXPECT_EQ(decoder.stats().udp_lengths_clamped, walker.stats().udp_lengths_clamped);
}

}  // namespace
}  // namespace weir::decode
