// SPDX-License-Identifier: Apache-2.0
#include "decode/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "decode/decoder.h"
#include "tests/support/packet_builder.h"

namespace weir::decode {
namespace {

using support::packet;
using support::PacketBuilder;

class Fragments : public testing::Test {
 protected:
  std::vector<PacketView> decode_all(const std::vector<support::Packet>& built) {
    std::vector<capture::RawPacket> raw;
    for (const support::Packet& one : built) raw.push_back(one.raw());
    const auto views = decoder_.decode(raw);
    return {views.begin(), views.end()};
  }
  std::vector<PacketView> finish() {
    const auto views = decoder_.finish();
    return {views.begin(), views.end()};
  }
  PacketView decode(const support::Packet& built) {
    PacketView view;
    EXPECT_EQ(name(decoder_.decode(built.raw(), view)), "none");
    return view;
  }
  const DecodeStats& stats() const { return decoder_.stats(); }
  void expect_balance() const { EXPECT_EQ(stats().packets, stats().accepted + stats().waiting + stats().rejected()); }

  Decoder decoder_;
};

PacketBuilder datagram4(std::size_t payload = 3000) {
  return packet().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(5000, 53).payload(payload);
}
PacketBuilder datagram6(std::size_t payload = 3000) {
  return packet().ethernet().ipv6("2001:db8::1", "2001:db8::2").udp(5000, 53).payload(payload);
}

TEST_F(Fragments, later_fragments_are_given_the_ports_of_the_first) {
  for (const PacketBuilder& whole : {datagram4(), datagram6()}) {
    const auto pieces = whole.fragments(1480, 77);
    ASSERT_EQ(pieces.size(), 3u);
    const PacketView first = decode(pieces[0]);
    EXPECT_FALSE(first.later_fragment);
    EXPECT_EQ(first.l4_header_bytes, 8);
    EXPECT_EQ(first.payload_bytes, 1472u);  // of its own IP length, not of the UDP length of the whole
    for (const std::size_t later : {1u, 2u}) {
      const PacketView view = decode(pieces[later]);
      EXPECT_TRUE(view.later_fragment);
      EXPECT_EQ(view.src_port, 5000);
      EXPECT_EQ(view.dst_port, 53);
      EXPECT_EQ(view.protocol, protocol::kUdp);
      EXPECT_EQ(view.l4_header_bytes, 0);
    }
    EXPECT_EQ(decode(pieces[1]).payload_bytes, 1480u);
    EXPECT_EQ(decode(pieces[2]).payload_bytes, 3008u - 2 * 1480);
  }
  EXPECT_EQ(stats().orphan_fragments, 0u);
  EXPECT_EQ(stats().udp_lengths_clamped, 0u);
}

TEST_F(Fragments, the_payload_of_all_fragments_is_that_of_the_whole) {
  for (const PacketBuilder& whole : {datagram4(5000), datagram6(5000)}) {
    std::uint32_t payload = 0;
    for (const auto& piece : whole.fragments(512, 9)) payload += decode(piece).payload_bytes;
    EXPECT_EQ(payload, 5000u);
  }
}

TEST_F(Fragments, a_later_fragment_whose_first_was_not_seen_has_no_ports_and_is_counted) {
  const auto pieces = datagram4().fragments(1480, 78);
  const PacketView view = decode(pieces[2]);
  EXPECT_TRUE(view.later_fragment);
  EXPECT_EQ(view.src_port, 0);
  EXPECT_EQ(view.protocol, protocol::kUdp);
  EXPECT_EQ(stats().later_fragments, 1u);
  EXPECT_EQ(stats().orphan_fragments, 1u);
}

TEST_F(Fragments, fragments_of_another_datagram_host_or_vlan_are_not_mixed_up) {
  decode(datagram4().fragments(1480, 80)[0]);
  EXPECT_EQ(decode(datagram4().fragments(1480, 81)[1]).src_port, 0);
  const auto other_host = packet().ethernet().ipv4("10.0.0.9", "10.0.0.2").udp(5000, 53).payload(3000);
  EXPECT_EQ(decode(other_host.fragments(1480, 80)[1]).src_port, 0);
  const auto other_vlan = packet().ethernet().vlan(6).ipv4("10.0.0.1", "10.0.0.2").udp(5000, 53).payload(3000);
  EXPECT_EQ(decode(other_vlan.fragments(1480, 80)[1]).src_port, 0);
  EXPECT_EQ(decode(datagram4().fragments(1480, 80)[1]).src_port, 5000);
}

TEST_F(Fragments, a_datagram_is_forgotten_after_its_time) {
  const auto at = [](std::int64_t us) { return PacketBuilder(datagram4()).at_us(us).fragments(1480, 82); };
  decode(at(1'000'000)[0]);
  EXPECT_EQ(decode(at(31'000'000)[1]).src_port, 5000);
  EXPECT_EQ(decode(at(31'000'001)[1]).src_port, 0);
}

TEST_F(Fragments, the_protocol_behind_extension_headers_reaches_the_later_fragments) {
  const auto whole =
      packet().ipv6("2001:db8::1", "2001:db8::2").destination_options(16).tcp(4000, 80, support::ACK).payload(2000);
  const auto pieces = whole.fragments(1000, 5);
  EXPECT_EQ(decode(pieces[0]).protocol, protocol::kTcp);
  const PacketView later = decode(pieces[1]);
  EXPECT_EQ(later.protocol, protocol::kTcp);
  EXPECT_EQ(later.dst_port, 80);
}

TEST_F(Fragments, a_ping_in_pieces_keeps_its_identifier) {
  const auto pieces = packet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 0x77, 1).payload(4000).fragments(1480, 6);
  for (const auto& piece : pieces) EXPECT_EQ(decode(piece).src_port, 0x77);
}

TEST_F(Fragments, an_ipv6_packet_that_is_its_own_only_fragment_is_whole) {
  const PacketView view =
      decode(packet().ipv6("fe80::1", "fe80::2").fragment(1, 0, false).udp(7, 8).payload(4).build());
  EXPECT_FALSE(view.later_fragment);
  EXPECT_EQ(view.src_port, 7);
  EXPECT_EQ(view.payload_bytes, 4u);
}

TEST_F(Fragments, a_first_fragment_that_is_cut_short_teaches_nothing) {
  auto pieces = datagram4().fragments(1480, 90);
  pieces[0].bytes.resize(14 + 20 + 3);
  Decoder decoder;
  PacketView view;
  EXPECT_EQ(decoder.decode(pieces[0].raw(), view), RejectReason::truncated_transport);
  ASSERT_EQ(decoder.decode(pieces[1].raw(), view), RejectReason::none);
  EXPECT_EQ(view.src_port, 0);
}

TEST_F(Fragments, those_that_come_before_their_first_wait_and_follow_it) {
  for (const PacketBuilder& whole : {datagram4(6000), datagram6(6000)}) {
    auto pieces = whole.fragments(1480, 7);
    ASSERT_EQ(pieces.size(), 5u);
    std::reverse(pieces.begin(), pieces.end());
    for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i].time = base::from_us(1000 + static_cast<int>(i));
    const auto views = decode_all(pieces);
    ASSERT_EQ(views.size(), 5u);
    EXPECT_FALSE(views[0].later_fragment);
    std::uint32_t payload = 0;
    for (const PacketView& view : views) {
      EXPECT_EQ(view.src_port, 5000);
      EXPECT_EQ(view.dst_port, 53);
      EXPECT_EQ(view.time, base::from_us(1004));  // none is older than the packet before it
      payload += view.payload_bytes;
    }
    EXPECT_EQ(payload, 6000u);
    EXPECT_EQ(views[1].payload_bytes, 6008u - 4 * 1480);  // in the order in which they came
    EXPECT_EQ(stats().waiting, 0u);
  }
  EXPECT_EQ(stats().early_fragments, 8u);
  EXPECT_EQ(stats().orphan_fragments, 0u);
  expect_balance();
}

TEST_F(Fragments, waiting_goes_on_from_batch_to_batch) {
  const auto pieces = datagram4().fragments(1480, 7);
  EXPECT_TRUE(decode_all({pieces[1]}).empty());
  EXPECT_EQ(stats().waiting, 1u);
  expect_balance();
  const auto views = decode_all({pieces[0], pieces[2]});
  ASSERT_EQ(views.size(), 3u);
  for (const PacketView& view : views) EXPECT_EQ(view.dst_port, 53);
}

TEST_F(Fragments, who_waits_for_longer_than_a_second_goes_on_without_ports_and_with_its_own_time) {
  const auto at = [](std::int64_t us) { return PacketBuilder(datagram4()).at_us(us).fragments(1480, 82); };
  const auto other = [](std::int64_t us) { return packet().at_us(us).ipv4("10.0.0.3", "10.0.0.4").udp(1, 2).build(); };
  EXPECT_TRUE(decode_all({at(5)[1]}).empty());
  EXPECT_EQ(decode_all({other(1'000'005)}).size(), 1u);
  const auto views = decode_all({other(1'000'006)});
  ASSERT_EQ(views.size(), 2u);
  EXPECT_TRUE(views[0].later_fragment);
  EXPECT_EQ(views[0].src_port, 0);
  EXPECT_EQ(views[0].time, base::from_us(5));
  EXPECT_EQ(stats().orphan_fragments, 1u);
  expect_balance();
}

TEST_F(Fragments, a_clock_without_packets_ends_the_wait_too) {
  decode_all({PacketBuilder(datagram4()).at_us(5).fragments(1480, 82)[1]});
  EXPECT_TRUE(decoder_.advance(base::from_us(1'000'005)).empty());
  EXPECT_EQ(decoder_.advance(base::from_us(1'000'006)).size(), 1u);
  EXPECT_EQ(stats().waiting, 0u);
}

TEST_F(Fragments, at_the_end_nobody_waits_any_more) {
  decode_all({datagram4().fragments(1480, 1)[1], datagram6().fragments(1480, 2)[1]});
  EXPECT_EQ(finish().size(), 2u);
  EXPECT_EQ(stats().orphan_fragments, 2u);
  EXPECT_EQ(stats().accepted, 2u);
  expect_balance();
}

// Nobody is lost and nobody waits twice, whatever floods the places in which they wait.
TEST_F(Fragments, a_flood_of_later_fragments_pushes_the_oldest_on) {
  std::vector<support::Packet> flood;
  for (std::uint32_t id = 1; id <= 5000; ++id) flood.push_back(datagram4().fragments(1480, id)[1]);
  const auto views = decode_all(flood);
  EXPECT_EQ(views.size(), 5000 - WaitingFragments::kMost);
  EXPECT_EQ(stats().waiting, WaitingFragments::kMost);
  expect_balance();
  // The newest still find their first; of the oldest, the first comes too late.
  EXPECT_EQ(decode_all({datagram4().fragments(1480, 5000)[0]}).size(), 2u);
  EXPECT_EQ(decode_all({datagram4().fragments(1480, 1)[0]}).size(), 1u);
  EXPECT_EQ(finish().size(), WaitingFragments::kMost - 1);
  expect_balance();
}

TEST_F(Fragments, the_early_rest_of_a_tunnel_packet_is_none_of_its_own_either) {
  const support::Bytes inside = packet().gre().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(900).build().bytes;
  const auto pieces = packet().ipv4("10.9.0.1", "10.9.0.2").protocol(47).payload(inside).fragments(512, 9);
  EXPECT_EQ(decode_all({pieces[1], pieces[0]}).size(), 1u);
  EXPECT_TRUE(finish().empty());
  EXPECT_EQ(stats().count(RejectReason::tunnel_fragment), 1u);
  expect_balance();
}

TEST_F(Fragments, overlaps_are_counted_in_any_order_and_repeated_identifiers_are_none) {
  const auto piece = [](std::uint16_t offset, std::size_t bytes, bool more, std::uint32_t id) {
    return packet().ipv4("10.0.0.1", "10.0.0.2").fragment(id, offset, more).protocol(17).payload(bytes).build();
  };
  decode_all({piece(0, 104, true, 1), piece(104, 104, true, 1), piece(208, 50, false, 1)});
  decode_all({piece(208, 50, false, 2), piece(0, 104, true, 2), piece(104, 104, true, 2)});
  // Complete: the same identifier is a new datagram.
  decode_all({piece(0, 104, true, 1), piece(104, 50, false, 1)});
  EXPECT_EQ(stats().overlapping_fragments, 0u);
  decode_all({piece(0, 104, true, 3), piece(96, 104, true, 3)});   // by 8 bytes
  EXPECT_EQ(stats().overlapping_fragments, 1u);
  decode_all({piece(208, 50, false, 4), piece(0, 216, true, 4)});  // over the last
  EXPECT_EQ(stats().overlapping_fragments, 2u);
  decode_all({piece(0, 104, true, 5), piece(0, 104, true, 5)});    // sent again
  EXPECT_EQ(stats().overlapping_fragments, 3u);
}

TEST_F(Fragments, pieces_smaller_than_any_path_makes_them_are_counted) {
  const auto pieces = datagram4(200).fragments(56, 3);
  for (const auto& one : pieces) decode(one);
  EXPECT_EQ(stats().small_fragments, pieces.size() - 1);  // the last may be as small as it is
  for (const auto& one : datagram4(200).fragments(64, 4)) decode(one);
  EXPECT_EQ(stats().small_fragments, pieces.size() - 1);
}

FragmentKey key(std::uint32_t id) {
  return {.src = base::IpAddress::v4(id * 2654435761u),
          .dst = base::IpAddress::v4(7u),
          .id = id,
          .protocol = 17,
          .ip_version = 4};
}

TEST(FragmentTable, a_flood_pushes_out_the_oldest_and_never_grows) {
  FragmentTable table;
  constexpr std::uint32_t kFlood = 100'000;
  for (std::uint32_t id = 1; id <= kFlood; ++id) {
    table.remember(key(id), {.src_port = static_cast<std::uint16_t>(id), .dst_port = 1, .protocol = 17},
                   base::from_us(id));
  }
  std::uint32_t newest = 0, kept = 0;
  for (std::uint32_t id = 1; id <= kFlood; ++id) {
    const FragmentPorts* ports = table.find(key(id), base::from_us(kFlood));
    if (ports == nullptr) continue;
    EXPECT_EQ(ports->src_port, static_cast<std::uint16_t>(id));
    ++kept;
    if (id > kFlood - 1000) ++newest;
  }
  EXPECT_EQ(newest, 1000u);
  EXPECT_EQ(kept, 8192u);
}

TEST(FragmentTable, a_datagram_id_that_comes_again_has_the_newer_ports) {
  FragmentTable table;
  table.remember(key(1), {.src_port = 10}, base::from_us(1));
  table.remember(key(1), {.src_port = 20}, base::from_us(2));
  EXPECT_EQ(table.find(key(1), base::from_us(3))->src_port, 20);
}

TEST(FragmentTable, an_empty_table_knows_nothing_not_even_the_zero_key) {
  const FragmentTable table;
  EXPECT_EQ(table.find({}, base::from_us(0)), nullptr);
}

}  // namespace
}  // namespace weir::decode
