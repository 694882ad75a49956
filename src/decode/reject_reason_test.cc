// SPDX-License-Identifier: Apache-2.0
// Each refusal has a packet that earns it, and no other.
#include "decode/reject_reason.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "tests/support/packet_builder.h"

namespace weir::decode {
namespace {

using support::Bytes;
using support::packet;
using support::PacketBuilder;
using support::SYN;

constexpr const char *kA = "10.0.0.1", *kB = "10.0.0.2";

RejectReason reason_of(const support::Packet& built) {
  Decoder decoder;
  PacketView view;
  const RejectReason reason = decoder.decode(built.raw(), view);
  EXPECT_EQ(decoder.stats().packets, 1u);
  EXPECT_EQ(decoder.stats().accepted + decoder.stats().rejected(), 1u);
  return reason;
}

support::Packet of_type(std::uint16_t type) { return packet().ethernet().ether_type(type).payload(60).build(); }

support::Packet of_link_type(int number) {
  support::Packet built = packet().payload(100).build();
  built.link_type = static_cast<capture::LinkType>(number);
  return built;
}

PacketBuilder tcp4() { return packet().ethernet().without_padding().ipv4(kA, kB).tcp(1, 2, SYN); }
PacketBuilder tcp6() { return packet().ethernet().without_padding().ipv6("fe80::1", "fe80::2").tcp(1, 2, SYN); }
Bytes byte(int value) { return {static_cast<std::byte>(value)}; }

PacketBuilder nested_tags(int count) {
  PacketBuilder link = packet().ethernet();
  for (int i = 0; i < count; ++i) link.vlan(5);
  return link.ipv4(kA, kB).tcp(1, 2, SYN);
}

PacketBuilder nested_labels(int count) {
  PacketBuilder link = packet().ethernet();
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) link.mpls(100 + i);
  return link.ipv4(kA, kB).tcp(1, 2, SYN);
}

PacketBuilder nested_tunnels(int count) {
  PacketBuilder link = packet().ethernet();
  for (int i = 0; i < count; ++i) link.ipv4(kA, kB).gre();
  return link.ipv4(kA, kB).tcp(1, 2, SYN);
}

std::multimap<RejectReason, support::Packet> packets_by_reason() {
  using enum RejectReason;
  return {
      {arp, packet().ethernet().arp().build()},
      {arp, packet().ethernet().vlan(3).arp().build()},
      {arp, packet().sll().arp().build()},
      {arp, of_type(0x8035)},
      {lldp, of_type(0x88CC)},
      {eapol, of_type(0x888E)},
      {slow_protocol, of_type(0x8809)},
      {ptp, of_type(0x88F7)},
      {pppoe_discovery, of_type(0x8863)},
      {loop_test, of_type(0x9000)},
      // A pattern that is neither IP nor a frame; the same behind a control word; the associated channel; IPv6 under IPv4's null.
      {mpls, packet().ethernet().mpls(17).payload(60).build()},
      {mpls, packet().ethernet().mpls(17).control_word().payload(60).build()},
      {mpls, packet().ethernet().mpls(17).mpls(13).ipv4(kA, kB).udp(1, 2).build()},
      {mpls, packet().ethernet().mpls(0).ipv6("fe80::1", "fe80::2").udp(1, 2).payload(60).build()},
      {ppp_control, packet().ethernet().pppoe(1).ppp().ether_type(0xC021).payload(20).build()},
      {ppp_control, packet().ppp_hdlc().ether_type(0x8021).payload(20).build()},
      {ppp_other, packet().ethernet().pppoe(1).ppp().ether_type(0x00FD).payload(20).build()},
      {ppp_other, packet().ppp().ether_type(0x0031).payload(20).build()},
      {ppp_other, packet().ppp_hdlc().ipv4(kA, kB).udp(1, 2).overwrite(1, byte(7)).build()},
      {not_ip, packet().cisco_hdlc().ether_type(0x8036).payload(20).build()},
      {not_ip, packet().cisco_hdlc().ether_type(0x0020).payload(20).build()},
      {wifi_management, packet().radiotap().wifi(0x0080).payload(60).build()},
      {wifi_control, packet().radiotap().wifi(0x00D4).build()},
      {wifi_control, packet().wifi(0x000C).build()},                                // an extension frame
      {wifi_control, packet().wifi(0x0109).snap().ipv4(kA, kB).udp(1, 2).build()},  // a later version
      {wifi_no_data, packet().radiotap().wifi(0x0148).build()},
      {wifi_no_data, packet().radiotap().wifi(0x01C8).build()},
      {wifi_protected, packet().radiotap().wifi(0x4188).payload(60).build()},
      {wifi_fragment, packet().wifi().snap().ipv4(kA, kB).udp(1, 2).overwrite(22, byte(0x51)).build()},
      {wifi_aggregate, packet().wifi(0x0188).subframe().snap().ipv4(kA, kB).udp(1, 2).payload(9).trailer(60).build()},
      {wifi_bad_checksum, packet().radiotap(0x50).wifi().snap().ipv4(kA, kB).udp(1, 2).trailer(4).build()},
      {bad_radiotap_header, packet().radiotap().wifi().overwrite(0, byte(1)).build()},
      {bad_radiotap_header, packet().radiotap().wifi().overwrite(2, byte(7)).build()},
      {bad_radiotap_header, packet().radiotap().wifi().overwrite(3, byte(9)).build()},
      {bad_pppoe_header, packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).overwrite(14, byte(0x21)).build()},
      {bad_pppoe_header, packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).overwrite(15, byte(1)).build()},
      {bad_pppoe_header, packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).overwrite(18, byte(9)).build()},
      {bad_pppoe_header, packet().ethernet().pppoe(1).payload(40).overwrite(19, byte(0)).build()},
      {macsec, of_type(0x88E5)},
      // A pattern that is no header; a later version; metadata longer than the packet, or of no kind; an unknown protocol; IPv4
      // that is not.
      {nsh, of_type(0x894F)},
      {nsh, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).overwrite(14, byte(0x4F)).build()},
      {nsh, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).overwrite(15, byte(0xFF)).build()},
      {nsh, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).overwrite(16, byte(3)).build()},
      {nsh, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).overwrite(17, byte(7)).build()},
      {nsh, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).overwrite(38, byte(0x65)).build()},
      {truncated_link, packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).cut(17).build()},
      {not_ip, of_type(0x22F0)},
      {not_ip, of_type(0xFFFF)},
      // Spanning tree; SNAP of an organisation of its own (CDP); an 802.3 length where SNAP's type should be.
      {llc,
       packet().ethernet().overwrite(12, {{}, std::byte{38}, std::byte{0x42}, std::byte{0x42}}).payload(46).build()},
      {llc, packet().ethernet().snap().ether_type(0x2000).payload(40).overwrite(17, {{}, {}, std::byte{0x0C}}).build()},
      {llc, packet().ethernet().snap().ether_type(0x0040).payload(40).build()},

      {truncated_link, packet().ethernet().without_padding().cut(13).build()},
      {truncated_link, tcp4().cut(0).build()},
      {truncated_link, packet().ethernet().vlan(3).ipv4(kA, kB).udp(1, 2).cut(17).build()},
      {truncated_link, packet().ethernet().snap().ipv4(kA, kB).udp(1, 2).cut(20).build()},
      {truncated_link, packet().sll().ipv4(kA, kB).udp(1, 2).cut(15).build()},
      {truncated_link, packet().sll2().ipv4(kA, kB).udp(1, 2).cut(19).build()},
      {truncated_link, packet().null_loopback().ipv4(kA, kB).udp(1, 2).cut(3).build()},
      {truncated_link, packet().ethernet().security_group(1).ipv4(kA, kB).udp(1, 2).payload(40).cut(21).build()},
      {truncated_link, packet().ethernet().mpls(1).mpls(2).ipv4(kA, kB).udp(1, 2).payload(40).cut(21).build()},
      {truncated_link, packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).payload(40).cut(19).build()},
      {truncated_link, packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).payload(40).cut(21).build()},
      {truncated_link, packet().ppp().ipv4(kA, kB).udp(1, 2).cut(1).build()},
      {truncated_link, packet().cisco_hdlc().ipv4(kA, kB).udp(1, 2).cut(3).build()},
      {truncated_link, packet().radiotap().wifi().snap().ipv4(kA, kB).udp(1, 2).cut(3).build()},
      {truncated_link, packet().radiotap().wifi().snap().ipv4(kA, kB).udp(1, 2).cut(17).build()},
      {truncated_link, packet().wifi().snap().ipv4(kA, kB).udp(1, 2).cut(23).build()},
      {truncated_network, packet().ipv4(kA, kB).udp(1, 2).cut(0).build()},
      {truncated_network, tcp4().cut(14 + 19).build()},
      {truncated_network, packet().ipv4(kA, kB).ip_options(8).udp(1, 2).cut(27).build()},
      {truncated_network, tcp6().cut(14 + 39).build()},
      {truncated_network, packet().ipv6("fe80::1", "fe80::2").hop_by_hop(16).udp(1, 2).cut(40 + 15).build()},
      {truncated_network, packet().ipv6("fe80::1", "fe80::2").fragment(1, 0, true).udp(1, 2).cut(40 + 7).build()},
      {truncated_transport, tcp4().cut(14 + 20 + 19).build()},
      {truncated_transport, packet().ipv4(kA, kB).udp(1, 2).cut(27).build()},
      {truncated_transport, packet().ipv4(kA, kB).icmp(8).cut(20).build()},
      {truncated_transport, packet().ipv4(kA, kB).sctp(1, 2).cut(31).build()},

      {unknown_link_type, of_link_type(189)},
      {unknown_link_type, of_link_type(4711)},
      {unknown_address_family, packet().null_loopback().ipv4(kA, kB).udp(1, 2).overwrite(0, byte(7)).build()},
      {bad_ip_version, packet().payload(Bytes(40, std::byte{0x50})).build()},
      {bad_ip_version, tcp4().overwrite(14, byte(0x65)).build()},
      {bad_ip_version, tcp6().overwrite(14, byte(0x45)).build()},
      {bad_ip_header_length, tcp4().overwrite(14, byte(0x44)).build()},
      {bad_ip_total_length, tcp4().total_length(19).build()},
      {bad_ip_total_length, packet().ipv4(kA, kB).ip_options(20).udp(1, 2).total_length(39).build()},
      {bad_extension_header, packet().ipv6("fe80::1", "fe80::2").hop_by_hop().overwrite(41, byte(200)).build()},
      {bad_extension_header, packet().ipv6("fe80::1", "fe80::2").fragment(1, 0, true).total_length(4).build()},
      {bad_extension_header, packet().ipv4(kA, kB).authentication_header().overwrite(21, byte(99)).build()},
      {fragment_beyond_end, packet().ipv4(kA, kB).fragment(7, 65528, false).protocol(17).payload(16).build()},
      {tiny_fragment, packet().ipv4(kA, kB).fragment(7, 0, true).protocol(6).payload(8).build()},
      {tiny_fragment, packet().ipv6("fe80::1", "fe80::2").fragment(7, 0, true).protocol(17).payload(7).build()},
      {tiny_fragment,
       packet().ipv4(kA, kB).fragment(7, 0, true).tcp(1, 2, SYN).tcp_options(40).total_length(48).build()},
      {bad_tcp_header_length, tcp4().overwrite(14 + 20 + 12, byte(0x40)).build()},
      {bad_tcp_header_length, tcp4().overwrite(14 + 20 + 12, byte(0xF0)).build()},
      {bad_tcp_header_length, tcp4().total_length(39).build()},
      {bad_udp_length, packet().ipv4(kA, kB).udp(1, 2).overwrite(25, byte(7)).build()},
      {bad_udp_length, packet().ipv4(kA, kB).udp(1, 2).total_length(27).build()},
      {bad_sctp_length, packet().ipv4(kA, kB).sctp(1, 2).total_length(31).build()},
      {bad_icmp_length, packet().ipv4(kA, kB).icmp(8).total_length(27).build()},
      {bad_icmp_length, packet().ipv6("fe80::1", "fe80::2").icmpv6(128).total_length(7).build()},
      {too_many_layers, nested_tags(40).build()},
      {too_many_layers, nested_labels(17).build()},
      {tunnels_too_deep, nested_tunnels(6).build()},
  };
}

TEST(RejectReason, each_refusal_is_earned_by_its_own_packets) {
  int number = 0;
  for (const auto& [wanted, built] : packets_by_reason()) {
    EXPECT_EQ(name(reason_of(built)), name(wanted)) << "packet " << number;
    ++number;
  }
}

TEST(RejectReason, there_is_a_packet_for_every_reason) {
  // Those that take more than one packet, or a switch, have a test of their own below.
  std::set<RejectReason> seen = {RejectReason::pppoe, RejectReason::tunnel_fragment};
  for (const auto& [reason, built] : packets_by_reason()) seen.insert(reason);
  EXPECT_EQ(seen.size(), kRejectReasons - 1);
}

TEST(RejectReason, mpls_and_pppoe_are_refused_by_name_when_they_are_switched_off) {
  Decoder decoder({.tunnels = TunnelSet::none()});
  PacketView view;
  const auto reason = [&](const PacketBuilder& builder) { return name(decoder.decode(builder.build().raw(), view)); };
  EXPECT_EQ(reason(packet().ethernet().mpls(17).ipv4(kA, kB).udp(1, 2)), "mpls");
  EXPECT_EQ(reason(packet().ethernet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2)), "pppoe");
  EXPECT_EQ(decoder.stats().tunnel(Tunnel::mpls).closed, 1u);
  EXPECT_EQ(decoder.stats().tunnel(Tunnel::pppoe).closed, 1u);
}

TEST(RejectReason, the_rest_of_a_fragmented_tunnel_packet_is_no_packet_of_its_own) {
  const support::Bytes inside = packet().gre().ipv4(kA, kB).tcp(1, 2, SYN).payload(900).build().bytes;
  const auto pieces = packet().ipv4("10.9.0.1", "10.9.0.2").protocol(47).payload(inside).fragments(512, 9);
  Decoder decoder;
  PacketView view;
  ASSERT_EQ(decoder.decode(pieces[0].raw(), view), RejectReason::none);
  EXPECT_EQ(view.payload_bytes, 900u);
  EXPECT_EQ(view.src.to_string(), kA);
  EXPECT_EQ(name(decoder.decode(pieces[1].raw(), view)), "tunnel_fragment");
}

TEST(RejectReason, names_are_unique_words_and_texts_are_not_empty) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRejectReasons; ++i) {
    const auto reason = static_cast<RejectReason>(i);
    EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
    EXPECT_EQ(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos);
    EXPECT_FALSE(text(reason).empty());
  }
}

TEST(RejectReason, a_packet_cut_at_any_byte_is_either_read_or_refused_by_name) {
  const std::vector<PacketBuilder> wholes = {
      packet().ethernet().vlan(3).vlan(4).ipv4(kA, kB).ip_options(12).tcp(1, 2, SYN).tcp_options(12).payload(20),
      packet().sll2().ipv6("fe80::1", "fe80::2").hop_by_hop(16).routing(24).fragment(3, 0, true).udp(1, 2).payload(20),
      packet().ethernet().snap().ipv4(kA, kB).authentication_header().sctp(1, 2).payload(20),
      packet()
          .ethernet()
          .pppoe(1)
          .ppp()
          .ipv4(kA, kB)
          .gre()
          .gre_checksum()
          .gre_key(7)
          .gre_sequence(1)
          .ipv6("fe80::1", "fe80::2")
          .udp(1, 2),
      packet()
          .radiotap(0x20)
          .wifi(0x8388)
          .subframe()
          .snap()
          .ipv4(kA, kB)
          .udp(9, 4789)
          .vxlan(4)
          .ethernet()
          .vlan(2)
          .ipv4(kA, kB)
          .icmp(8),
      packet()
          .ethernet()
          .mpls(1)
          .mpls(2)
          .control_word()
          .ethernet()
          .ipv4(kA, kB)
          .udp(9, 6081)
          .geneve(4, 3)
          .ethernet()
          .ipv4(kA, kB)
          .sctp(1, 2),
      packet()
          .ipv4(kA, kB)
          .udp(2152, 2152)
          .gtp_u(4)
          .gtp_extension(1)
          .gtp_extension(2)
          .ipv4(kA, kB)
          .protocol(4)
          .ipv4(kA, kB)
          .tcp(1, 2, SYN),
      packet().ipv4(kA, kB).udp(3544, 5).teredo_authentication().teredo_origin().ipv6("2001::1", "fe80::2").icmpv6(128),
      packet().ipv4(kA, kB).erspan3(5, true).ethernet().ipv4(kA, kB).pptp(3).ppp(true).ipv4(kA, kB).tcp(1, 2, SYN),
  };
  for (const PacketBuilder& whole : wholes) {
    for (std::size_t length = 0; length <= whole.build().bytes.size(); ++length) {
      // A copy of exactly that length on the heap: AddressSanitizer sees a read beyond it.
      support::Packet cut = PacketBuilder(whole).cut(length).build();
      cut.bytes.shrink_to_fit();
      reason_of(cut);
    }
  }
}

}  // namespace
}  // namespace weir::decode
