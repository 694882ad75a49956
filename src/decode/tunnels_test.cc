// SPDX-License-Identifier: Apache-2.0
// What is inside a tunnel is read as if it came without; what only looks like a tunnel is left alone.
#include "decode/tunnels.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "decode/testing_views.h"

namespace weir::decode {
namespace {

using support::ACK;
using support::Bytes;
using support::packet;
using support::PacketBuilder;
using support::PSH;
using support::SYN;
using testing::expect_same_view;
using testing::tcp_in;
using testing::view_of;

constexpr const char *kA = "10.9.0.1", *kB = "10.9.0.2", *kSix = "2001:db8:9::1", *kSeven = "2001:db8:9::2";

PacketBuilder outer() { return packet().ethernet().ipv4(kA, kB); }
PacketBuilder outer6() { return packet().ethernet().ipv6(kSix, kSeven); }

struct Wrapping {
  const char* name;
  Tunnel tunnel;
  std::uint32_t tunnel_id;
  PacketBuilder link;
};

// An IPv4 packet may follow each of them.
std::vector<Wrapping> wrappings() {
  return {
      {"MPLS", Tunnel::mpls, 0, packet().ethernet().mpls(17)},
      {"MPLS stack", Tunnel::mpls, 0, packet().ethernet().mpls(100).mpls(200).mpls(300)},
      {"MPLS with IPv4's null", Tunnel::mpls, 0, packet().ethernet().mpls(0)},
      {"MPLS pseudowire", Tunnel::mpls, 0, packet().ethernet().mpls(100).ethernet()},
      {"MPLS pseudowire with control word", Tunnel::mpls, 0, packet().ethernet().mpls(100).control_word().ethernet()},
      {"PPPoE", Tunnel::pppoe, 0, packet().ethernet().pppoe(9).ppp()},
      {"PPPoE, protocol compressed", Tunnel::pppoe, 0, packet().ethernet().pppoe(9).ppp(true)},
      {"PPPoE without Ethernet", Tunnel::pppoe, 0, packet().pppoe(9).ppp()},
      {"IPIP", Tunnel::ipip, 0, outer()},
      {"4in6", Tunnel::ipip, 0, outer6()},
      {"4in6 behind an extension", Tunnel::ipip, 0, outer6().destination_options()},
      {"GRE", Tunnel::gre, 0, outer().gre()},
      {"GRE over IPv6", Tunnel::gre, 0, outer6().gre()},
      {"GRE with checksum", Tunnel::gre, 0, outer().gre().gre_checksum()},
      {"GRE with key", Tunnel::gre, 77, outer().gre().gre_key(77)},
      {"GRE with all", Tunnel::gre, 0xFFFFFFFF, outer().gre().gre_checksum().gre_key(0xFFFFFFFF).gre_sequence(4)},
      {"GRE, Ethernet", Tunnel::gre, 0x0FFFFF, outer().gre().gre_key(0x0FFFFF).ethernet()},
      {"NVGRE", Tunnel::gre, 0x1000, outer().gre().gre_key(0x100042).ethernet()},  // the lowest byte spreads flows
      {"GRE, MPLS", Tunnel::gre, 5, outer().gre().gre_key(5).mpls(44)},
      {"GRE, security group", Tunnel::gre, 0, outer().gre().security_group(3)},
      {"PPTP", Tunnel::gre, 0, outer().pptp(3).ppp()},
      {"PPTP, HDLC", Tunnel::gre, 0, outer().pptp(3).ppp_hdlc()},
      {"ERSPAN I", Tunnel::erspan, 0, outer().erspan1().ethernet()},
      {"ERSPAN II", Tunnel::erspan, 0, outer().erspan2(5).ethernet()},
      {"ERSPAN III", Tunnel::erspan, 0, outer().erspan3(5).ethernet()},
      {"ERSPAN III with platform header", Tunnel::erspan, 0, outer().erspan3(5, true).ethernet()},
      {"VXLAN", Tunnel::vxlan, 5001, outer().udp(40000, 4789).vxlan(5001).ethernet()},
      {"VXLAN over IPv6", Tunnel::vxlan, 5001, outer6().udp(40000, 4789).vxlan(5001).ethernet()},
      {"VXLAN with policy", Tunnel::vxlan, 5001, outer().udp(40000, 4789).vxlan_policy(5001, 7).ethernet()},
      {"VXLAN on Linux's port", Tunnel::vxlan, 5001, outer().udp(40000, 8472).vxlan(5001).ethernet()},
      {"VXLAN-GPE", Tunnel::vxlan, 5001, outer().udp(40000, 4790).vxlan_gpe(5001)},
      {"VXLAN-GPE, Ethernet", Tunnel::vxlan, 5001, outer().udp(40000, 4790).vxlan_gpe(5001).ethernet()},
      {"VXLAN-GPE without a protocol", Tunnel::vxlan, 5001, outer().udp(40000, 4790).vxlan(5001).ethernet()},
      {"VXLAN-GPE, MPLS", Tunnel::vxlan, 5001, outer().udp(40000, 4790).vxlan_gpe(5001).mpls(9)},
      {"Geneve", Tunnel::geneve, 0xFFFFFF, outer().udp(40000, 6081).geneve(0xFFFFFF).ethernet()},
      {"Geneve with options", Tunnel::geneve, 6, outer().udp(40000, 6081).geneve(6, 5).ethernet()},
      {"Geneve, IP", Tunnel::geneve, 6, outer6().udp(40000, 6081).geneve(6)},
      {"GTP-U", Tunnel::gtp_u, 0, outer().udp(2152, 2152).gtp_u(0x01020304)},
      {"EtherIP", Tunnel::etherip, 0, outer().etherip().ethernet()},
      {"EtherIP over IPv6, tagged inside", Tunnel::etherip, 0, outer6().etherip().ethernet().security_group(3)},
      {"L2TP", Tunnel::l2tp, 0, outer().udp(40000, 1701).l2tp(4).ppp()},
      {"L2TP, answer", Tunnel::l2tp, 0, outer().udp(1701, 40000).l2tp(4).ppp_hdlc()},
      {"L2TP with all fields", Tunnel::l2tp, 0, outer6().udp(1701, 1701).l2tp(4, true).ppp(true)},
      {"L2TPv3, Ethernet", Tunnel::l2tp, 0, outer().l2tp3(4).ethernet()},
      {"L2TPv3 with a cookie, Ethernet", Tunnel::l2tp, 0, outer6().l2tp3(4, 4).ethernet()},
      {"L2TPv3 with a cookie and a sublayer, Ethernet", Tunnel::l2tp, 0, outer().l2tp3(4, 12).ethernet()},
      {"L2TPv3 with a cookie, IP", Tunnel::l2tp, 0, outer().l2tp3(4, 8)},
      {"L2TPv3 with a cookie, PPP", Tunnel::l2tp, 0, outer().l2tp3(4, 8).ppp_hdlc()},
      {"L2TPv3 over UDP", Tunnel::l2tp, 0, outer().udp(40000, 1701).l2tp3(4, 4, true).ethernet()},
      {"NSH", Tunnel::nsh, 0, packet().ethernet().nsh()},
      {"NSH without metadata, Ethernet", Tunnel::nsh, 0, packet().ethernet().nsh(0).ethernet()},
      {"GTP-U with extensions", Tunnel::gtp_u, 0, outer().udp(2152, 2152).gtp_u(4).gtp_extension(1).gtp_extension(2)},
  };
}

TEST(Tunnels, the_inner_packet_is_read_as_if_it_came_without) {
  const PacketView plain = view_of(tcp_in(packet().ethernet()));
  for (const Wrapping& wrapping : wrappings()) {
    SCOPED_TRACE(wrapping.name);
    Decoder decoder;
    PacketView view;
    const auto built = tcp_in(wrapping.link).build();
    ASSERT_EQ(name(decoder.decode(built.raw(), view)), "none");
    PacketView wanted = plain;
    wanted.tunnel_id = wrapping.tunnel_id;
    expect_same_view(view, wanted);
    EXPECT_EQ(decoder.stats().tunnel(wrapping.tunnel).opened, 1u);
  }
}

TEST(Tunnels, ipv6_inside_is_read_as_well) {
  const auto six = [](PacketBuilder link) {
    return view_of(link.at_us(77).ipv6("2001::1", "2001::2").udp(7, 8).payload(9));
  };
  const PacketView plain = six(packet().ethernet());
  for (const PacketBuilder& link :
       {outer(), outer6(), outer().gre(), packet().ethernet().mpls(2), packet().ethernet().mpls(5),
        packet().ethernet().pppoe(9).ppp(), outer().udp(1, 2152).gtp_u(4), outer().udp(40000, 3544),
        outer().udp(3544, 40000), outer().udp(3544, 40000).teredo_origin(),
        outer().udp(3544, 40000).teredo_authentication().teredo_origin(), outer().pptp(3).ppp(true),
        outer().etherip().ethernet(), outer().udp(1, 1701).l2tp(3).ppp(), outer().l2tp3(3, 8),
        packet().ethernet().nsh(), outer6().l2tp3(3).ppp_hdlc()}) {
    expect_same_view(six(link), plain);
  }
}

TEST(Tunnels, one_that_is_switched_off_is_a_flow_of_its_outer_addresses) {
  for (const Wrapping& wrapping : wrappings()) {
    if (wrapping.tunnel == Tunnel::mpls || wrapping.tunnel == Tunnel::pppoe || wrapping.tunnel == Tunnel::nsh) continue;
    SCOPED_TRACE(wrapping.name);
    Decoder decoder({.tunnels = TunnelSet::all().without(wrapping.tunnel)});
    PacketView view;
    ASSERT_EQ(name(decoder.decode(tcp_in(wrapping.link).build().raw(), view)), "none");
    EXPECT_NE(view.src.to_string(), "10.0.0.1");
    EXPECT_EQ(view.tunnel_id, 0u);
    EXPECT_EQ(view.ip_bytes, view.payload_bytes + view.l4_header_bytes + (view.ip_version == 4 ? 20 : 40) +
                                 (std::string_view(wrapping.name) == "4in6 behind an extension" ? 8 : 0));
    EXPECT_EQ(decoder.stats().tunnel(wrapping.tunnel).closed, 1u);
    EXPECT_EQ(decoder.stats().tunnel(wrapping.tunnel).opened, 0u);
  }
}

TEST(Tunnels, an_outer_vlan_stays_and_an_inner_one_counts_where_there_is_no_other) {
  EXPECT_EQ(view_of(tcp_in(packet().ethernet().vlan(7).ipv4(kA, kB).udp(1, 4789).vxlan(3).ethernet().vlan(8))).vlan, 7);
  EXPECT_EQ(view_of(tcp_in(outer().udp(1, 4789).vxlan(3).ethernet().vlan(8))).vlan, 8);
  EXPECT_EQ(view_of(tcp_in(outer().erspan2(5, 42).ethernet())).vlan, 42);  // taken off by the mirroring switch
}

TEST(Tunnels, the_innermost_tunnel_that_names_a_network_gives_the_id) {
  EXPECT_EQ(view_of(tcp_in(outer().udp(1, 4789).vxlan(3).ethernet().ipv4(kA, kB).gre().gre_key(9))).tunnel_id, 9u);
  EXPECT_EQ(view_of(tcp_in(outer().udp(1, 4789).vxlan(3).ethernet().ipv4(kA, kB))).tunnel_id, 3u);
  EXPECT_EQ(view_of(tcp_in(outer().udp(2152, 2152).gtp_u(99).ipv4(kA, kB))).tunnel_id, 0u);
}

TEST(Tunnels, a_service_chains_header_may_stand_inside_of_other_tunnels) {
  const PacketView plain = view_of(tcp_in(packet().ethernet()));
  for (const PacketBuilder& link :
       {outer().gre().nsh(), outer().gre().nsh(0).ethernet(), packet().ethernet().nsh(3).nsh()}) {
    expect_same_view(view_of(tcp_in(link)), plain);
  }
  PacketView wanted = plain;
  wanted.tunnel_id = 6;
  expect_same_view(view_of(tcp_in(outer().udp(40000, 4790).vxlan_gpe(6).nsh().ethernet())), wanted);
}

TEST(Tunnels, as_many_as_are_followed_nest) {
  PacketBuilder link = packet().ethernet();
  for (int i = 0; i < 5; ++i) link.ipv4(kA, kB).gre();
  EXPECT_EQ(view_of(tcp_in(link)).dst_port, 443);
}

TEST(Tunnels, a_protocol_without_ports_keeps_none_of_the_outer) {
  const PacketView view =
      view_of(outer().udp(1, 4789).vxlan(3).ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(3, 3).payload(28));
  EXPECT_EQ(view.src_port, 0);
  EXPECT_EQ(view.dst_port, 0);
  EXPECT_EQ(view.l4_header_bytes, 8);
  EXPECT_EQ(view.payload_bytes, 28u);
}

TEST(Tunnels, an_inner_frame_that_is_not_ip_is_refused_by_its_name) {
  Decoder decoder;
  PacketView view;
  EXPECT_EQ(decoder.decode(outer().udp(1, 4789).vxlan(3).ethernet().arp().build().raw(), view), RejectReason::arp);
}

TEST(Tunnels, inner_fragments_of_two_networks_are_not_mixed_up) {
  Decoder decoder;
  PacketView view;
  const auto pieces = [](std::uint32_t network) {
    return outer()
        .udp(1, 4789)
        .vxlan(network)
        .ethernet()
        .ipv4("10.0.0.1", "10.0.0.2")
        .udp(7, 8)
        .payload(900)
        .fragments(512, 5);
  };
  ASSERT_EQ(decoder.decode(pieces(1)[0].raw(), view), RejectReason::none);
  ASSERT_EQ(decoder.decode(pieces(2)[1].raw(), view), RejectReason::none);
  EXPECT_EQ(view.src_port, 0);
  ASSERT_EQ(decoder.decode(pieces(1)[1].raw(), view), RejectReason::none);
  EXPECT_EQ(view.src_port, 7);
}

// BIG TCP: a segment of more than 65,535 bytes says 0.
TEST(Tunnels, an_inner_length_of_zero_is_believed_where_there_is_so_much) {
  const auto inner = [](std::size_t payload) {
    auto built = outer()
                     .udp(1, 4789)
                     .vxlan(3)
                     .ethernet()
                     .ipv4("10.0.0.1", "10.0.0.2")
                     .tcp(1, 2, ACK)
                     .payload(payload)
                     .total_length(0)
                     .build();
    // The outer lengths say 0 too, as they do on such a link.
    for (const std::size_t at : {14 + 2, 14 + 20 + 4}) built.bytes[at] = built.bytes[at + 1] = {};
    built.bytes.resize(200);
    Decoder decoder;
    PacketView view;
    EXPECT_EQ(decoder.decode(built.raw(), view), RejectReason::none);
    return view;
  };
  EXPECT_EQ(inner(70'000).payload_bytes, 70'000u);
  EXPECT_EQ(inner(70'000).tunnel_id, 3u);
  EXPECT_EQ(inner(1000).src.to_string(), kA);
}

// Each is an ordinary packet whose number or port is a tunnel's.
TEST(Tunnels, what_only_looks_like_a_tunnel_is_left_as_it_is) {
  const auto byte = [](int value) { return Bytes{static_cast<std::byte>(value)}; };
  const std::size_t udp_payload = 14 + 20 + 8;
  const auto vxlan = [] { return outer().udp(40000, 4789).vxlan(3).ethernet().ipv4(kA, kB).tcp(1, 2, SYN); };
  const auto geneve = [] { return outer().udp(40000, 6081).geneve(3, 2).ethernet().ipv4(kA, kB).tcp(1, 2, SYN); };
  const auto gtp = [] { return outer().udp(40000, 2152).gtp_u(3).gtp_extension(1).ipv4(kA, kB).tcp(1, 2, SYN); };
  const auto teredo = [] { return outer().udp(40000, 3544).ipv6("2001::1", "2001::2").udp(7, 8); };
  const auto etherip = [] { return outer().etherip().ethernet().ipv4(kA, kB).tcp(1, 2, SYN); };
  const auto l2tp = [] { return outer().udp(40000, 1701).l2tp(4, true).ppp().ipv4(kA, kB).tcp(1, 2, SYN); };
  struct Case {
    Tunnel tunnel;
    PacketBuilder built;
  };
  const std::vector<Case> cases = {
      {Tunnel::vxlan, outer().udp(1, 4789)},
      {Tunnel::vxlan, outer().udp(1, 4789).payload(7)},
      {Tunnel::vxlan, outer().udp(1, 4789).payload(60)},
      {Tunnel::vxlan, vxlan().overwrite(udp_payload, byte(0x00))},           // no network
      {Tunnel::vxlan, vxlan().overwrite(udp_payload, byte(0x18))},           // a reserved flag
      {Tunnel::vxlan, vxlan().overwrite(udp_payload + 3, byte(1))},          // reserved bytes
      {Tunnel::vxlan, vxlan().overwrite(udp_payload + 7, byte(1))},
      {Tunnel::vxlan, vxlan().overwrite(udp_payload + 8 + 12, byte(0x77))},  // an unknown EtherType
      {Tunnel::vxlan, vxlan().overwrite(udp_payload + 8 + 14, byte(0x65))},  // IPv4 that is not
      {Tunnel::vxlan, vxlan().overwrite(udp_payload + 8 + 16, byte(0x7F))},  // an inner length that does not fit
      {Tunnel::vxlan, outer().udp(1, 4790).vxlan(3).ipv4(kA, kB).udp(1, 2).overwrite(udp_payload + 3, byte(1))},
      {Tunnel::vxlan, outer().udp(1, 4790).vxlan_gpe(3).ipv4(kA, kB).udp(1, 2).overwrite(udp_payload + 3, byte(6))},
      {Tunnel::geneve, outer().udp(1, 6081).payload(60)},
      {Tunnel::geneve, geneve().overwrite(udp_payload, byte(0x42))},      // version 1
      {Tunnel::geneve, geneve().overwrite(udp_payload, byte(0x3F))},      // more options than there is
      {Tunnel::geneve, geneve().overwrite(udp_payload + 11, byte(5))},    // options that do not fill their room
      {Tunnel::geneve, geneve().overwrite(udp_payload + 1, byte(0x80))},  // a control message
      {Tunnel::geneve, geneve().overwrite(udp_payload + 2, byte(0x12))},
      {Tunnel::gtp_u, outer().udp(1, 2152).payload(60)},
      {Tunnel::gtp_u, gtp().overwrite(udp_payload, byte(0x54))},          // version 2
      {Tunnel::gtp_u, gtp().overwrite(udp_payload, byte(0x24))},          // GTP' (charging)
      {Tunnel::gtp_u, gtp().overwrite(udp_payload + 1, byte(1))},         // an echo request
      {Tunnel::gtp_u, gtp().overwrite(udp_payload + 2, byte(0x44))},      // longer than its datagram
      {Tunnel::gtp_u, gtp().overwrite(udp_payload + 12, byte(0))},        // an extension of no length
      {Tunnel::gtp_u, gtp().overwrite(udp_payload + 12, byte(200))},
      {Tunnel::teredo, outer().udp(1, 3544).payload(60)},
      {Tunnel::teredo, outer().udp(1, 3544).ipv6("2001:db8::1", "2001:db8::2").udp(7, 8)},  // no Teredo address
      {Tunnel::teredo, teredo().overwrite(udp_payload + 4, byte(9))},                       // longer than its datagram
      {Tunnel::ipip, outer().protocol(4).payload(40)},
      {Tunnel::six_in_four, outer().protocol(41).payload(60)},
      {Tunnel::gre, outer().protocol(47).payload(40)},
      {Tunnel::gre, outer().protocol(47).payload(3)},
      {Tunnel::gre, outer().gre().ether_type(0x0000).payload(20)},                    // a keep-alive
      {Tunnel::gre, outer().gre().ipv4(kA, kB).udp(1, 2).overwrite(34, byte(0x40))},  // source routing
      {Tunnel::gre, outer().gre().ipv4(kA, kB).udp(1, 2).overwrite(35, byte(0x02))},  // a later version
      {Tunnel::gre, outer().pptp(3).ppp().ether_type(0x00FD).payload(40)},            // compressed or encrypted
      {Tunnel::etherip, outer().protocol(97).payload(40)},
      {Tunnel::etherip, outer().protocol(97).payload(1)},
      {Tunnel::etherip, etherip().overwrite(34, byte(0x40))},                         // a later version
      {Tunnel::etherip, etherip().overwrite(35, byte(0x01))},                         // reserved bits
      {Tunnel::etherip, etherip().overwrite(36 + 16, byte(0x7F))},  // an inner length that does not fit
      {Tunnel::l2tp, outer().udp(40000, 1701).payload(60)},
      {Tunnel::l2tp, outer().udp(1701, 40000)},
      {Tunnel::l2tp, l2tp().overwrite(udp_payload, byte(0xCA))},    // a control message
      {Tunnel::l2tp, l2tp().overwrite(udp_payload, byte(0x5A))},    // a reserved flag
      {Tunnel::l2tp, l2tp().overwrite(udp_payload + 2, byte(9))},   // longer than its datagram
      {Tunnel::l2tp, l2tp().overwrite(udp_payload + 3, byte(9))},   // shorter than its own header
      {Tunnel::l2tp, l2tp().overwrite(udp_payload + 12, byte(9))},  // more offset than there is
      {Tunnel::l2tp, outer().udp(1, 1701).l2tp(4).ppp().ether_type(0xC021).payload(30)},  // PPP setting up its link
      {Tunnel::l2tp, outer().protocol(115).payload(60)},
      {Tunnel::l2tp, outer().l2tp3(0).ethernet().ipv4(kA, kB).udp(1, 2)},                 // a control message
      {Tunnel::l2tp, outer().l2tp3(4, 16).ethernet().ipv4(kA, kB).udp(1, 2)},  // more cookie than there may be
      {Tunnel::l2tp, outer().udp(1, 1701).l2tp3(4, 16, true).ethernet().ipv4(kA, kB).udp(1, 2)},
      {Tunnel::erspan, outer().erspan2(5).payload(60)},
      {Tunnel::erspan, outer().erspan2(5).ethernet().ipv4(kA, kB).udp(1, 2).overwrite(42, byte(0x30))},
      {Tunnel::erspan, outer().erspan3(5).ethernet().ipv4(kA, kB).udp(1, 2).cut(14 + 20 + 12)},
  };
  int number = 0;
  for (const auto& [tunnel, built] : cases) {
    SCOPED_TRACE("case " + std::to_string(number++));
    Decoder decoder;
    PacketView view;
    ASSERT_EQ(name(decoder.decode(built.build().raw(), view)), "none");
    EXPECT_EQ(view.src.to_string(), kA);
    EXPECT_EQ(view.ip_bytes, 20u + view.l4_header_bytes + view.payload_bytes);
    EXPECT_TRUE(view.protocol == protocol::kUdp ? view.dst_port != 0 : view.dst_port == 0);
    EXPECT_EQ(view.tunnel_id, 0u);
    EXPECT_EQ(decoder.stats().tunnel(tunnel).unread, 1u);
    for (const TunnelCounts& counts : decoder.stats().tunnels) EXPECT_EQ(counts.opened, 0u);
  }
}

TEST(Tunnels, mirrored_frames_may_be_cut_and_keep_their_lengths) {
  // The switch cut the frame: the outer packet is shorter than the inner one says.
  auto whole = tcp_in(outer().erspan2(5).ethernet(), 1400).build();
  whole.bytes.resize(14 + 20 + 16 + 14 + 60);
  whole.wire_length = static_cast<std::uint32_t>(whole.bytes.size());
  whole.bytes[16] = {}, whole.bytes[17] = std::byte{20 + 16 + 14 + 60};
  EXPECT_EQ(view_of(whole).payload_bytes, 1400u);
}

TEST(TunnelSet, is_written_as_names_all_none_and_exceptions) {
  EXPECT_EQ(*TunnelSet::parse("all"), TunnelSet::all());
  EXPECT_EQ(*TunnelSet::parse("none"), TunnelSet::none());
  EXPECT_EQ(*TunnelSet::parse("gre, 6in4"), TunnelSet::none().with(Tunnel::gre).with(Tunnel::six_in_four));
  EXPECT_EQ(*TunnelSet::parse("all,-gtp,-teredo"), TunnelSet::all().without(Tunnel::gtp_u).without(Tunnel::teredo));
  for (const char* wrong : {"", "gre,", "vxlans", "-all", "-none", "gre;vxlan", "GRE"}) {
    const auto result = TunnelSet::parse(wrong);
    ASSERT_FALSE(result.has_value()) << wrong;
    EXPECT_NE(result.error().message().find("mpls, pppoe, ipip"), std::string::npos);
  }
}

TEST(TunnelSet, every_tunnel_is_read_back_by_its_name) {
  for (std::size_t i = 0; i < kTunnels; ++i) {
    const auto tunnel = static_cast<Tunnel>(i);
    EXPECT_EQ(*TunnelSet::parse(name(tunnel)), TunnelSet::none().with(tunnel));
  }
}

}  // namespace
}  // namespace weir::decode
