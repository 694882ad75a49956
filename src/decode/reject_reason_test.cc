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
      {mpls, of_type(0x8847)},
      {mpls, of_type(0x8848)},
      {pppoe, of_type(0x8863)},
      {pppoe, of_type(0x8864)},
      {macsec, of_type(0x88E5)},
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

      {unknown_link_type, of_link_type(105)},
      {unknown_link_type, of_link_type(127)},
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
      {too_many_layers, nested_tags(20).build()},
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
  std::set<RejectReason> seen;
  for (const auto& [reason, built] : packets_by_reason()) seen.insert(reason);
  EXPECT_EQ(seen.size(), kRejectReasons - 1);
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
