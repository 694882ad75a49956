// SPDX-License-Identifier: Apache-2.0
// Links other than Ethernet and its kin: wireless frames and serial lines.
#include <gtest/gtest.h>

#include <vector>

#include "decode/testing_views.h"

namespace weir::decode {
namespace {

using support::packet;
using support::PacketBuilder;
using testing::expect_same_view;
using testing::tcp_in;
using testing::view_of;

TEST(LinkLayers, a_wireless_frame_in_the_clear_gives_what_ethernet_gives) {
  const PacketView plain = view_of(tcp_in(packet().ethernet()));
  const std::vector<PacketBuilder> links = {
      packet().wifi().snap(),                   // to the access point
      packet().wifi(0x0208).snap(),             // from it
      packet().wifi(0x0008).snap(),             // between stations
      packet().wifi(0x0308).snap(),             // between access points: a fourth address
      packet().wifi(0x0188).snap(),             // QoS
      packet().wifi(0x8188).snap(),             // QoS with HT control
      packet().wifi(0x8388).snap(),             // all of it
      packet().wifi(0x0908).snap(),             // sent again
      packet().wifi(0x0188).subframe().snap(),  // an aggregate of one
      packet().radiotap().wifi().snap(),
      packet().radiotap(0x02).wifi(0x0188).snap(),
  };
  for (const PacketBuilder& link : links) expect_same_view(view_of(tcp_in(link)), plain);
  expect_same_view(view_of(tcp_in(packet().radiotap(0x10).wifi().snap()).trailer(4)), plain);  // checksum at the end
}

TEST(LinkLayers, radiotap_tells_where_a_frame_is_padded) {
  PacketView wanted = view_of(tcp_in(packet().ethernet()));
  auto frame = tcp_in(packet().radiotap(0x20).wifi(0x0188).snap()).build();  // a header of 26 bytes: 2 more
  frame.bytes.insert(frame.bytes.begin() + 18 + 26, 2, std::byte{});
  frame.wire_length += 2;
  expect_same_view(view_of(frame), wanted);
}

TEST(LinkLayers, radiotap_masks_may_go_on) {
  // Two more masks move the time stamp and the flags: padding to 8 bytes comes before the time.
  auto frame = tcp_in(packet().radiotap(0x20).wifi(0x0188).snap()).build();
  frame.bytes.insert(frame.bytes.begin() + 18 + 26, 2, std::byte{});
  frame.bytes.insert(frame.bytes.begin() + 8, 8, std::byte{});
  frame.bytes[7] = frame.bytes[11] = std::byte{0x80};
  frame.bytes[2] = std::byte{26};
  frame.wire_length += 10;
  EXPECT_EQ(view_of(frame).dst_port, 443);
  // With one more mask the header's fields begin at 12, and 4 bytes of padding follow.
  frame.bytes[7] = std::byte{0x80}, frame.bytes[11] = {};
  EXPECT_EQ(view_of(frame).dst_port, 443);
}

// One wireless frame with the packets of several.
support::Packet aggregate(const std::vector<PacketBuilder>& packets) {
  constexpr std::size_t kHeader = 26;
  support::Packet frame = packets.front().build();
  for (std::size_t i = 1; i < packets.size(); ++i) {
    while ((frame.bytes.size() - kHeader) % 4 != 0) frame.bytes.push_back({});
    const support::Packet next = packets[i].build();
    frame.bytes.insert(frame.bytes.end(), next.bytes.begin() + kHeader, next.bytes.end());
  }
  frame.wire_length = static_cast<std::uint32_t>(frame.bytes.size());
  return frame;
}
PacketBuilder subframe() { return packet().wifi(0x0188).subframe().snap(); }

std::vector<PacketView> views_of(Decoder& decoder, const std::vector<support::Packet>& frames) {
  std::vector<capture::RawPacket> raw;
  for (const support::Packet& frame : frames) raw.push_back(frame.raw());
  const auto views = decoder.decode(raw);
  return {views.begin(), views.end()};
}

TEST(LinkLayers, each_packet_of_a_wireless_aggregate_gives_what_it_gives_alone) {
  const auto arp = packet().wifi(0x0188).subframe().snap().arp();
  const std::vector<support::Packet> frames = {
      aggregate({tcp_in(subframe(), 1), tcp_in(subframe(), 2), arp, tcp_in(subframe(), 7)}),
      tcp_in(packet().wifi().snap(), 8).build(),
      aggregate({tcp_in(subframe(), 9), tcp_in(subframe(), 10)}),
  };
  Decoder decoder;
  const auto views = views_of(decoder, frames);
  const std::vector<std::size_t> payloads = {1, 2, 7, 8, 9, 10};
  ASSERT_EQ(views.size(), payloads.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    expect_same_view(views[i], view_of(tcp_in(packet().ethernet(), payloads[i])));
  }
  EXPECT_EQ(decoder.stats().packets, 7u);
  EXPECT_EQ(decoder.stats().packets_beyond_frames, 4u);
  EXPECT_EQ(decoder.stats().count(RejectReason::arp), 1u);
  EXPECT_EQ(decoder.stats().accepted, 6u);
}

TEST(LinkLayers, an_aggregate_that_is_cut_short_gives_what_is_there) {
  support::Packet frame = aggregate({tcp_in(subframe(), 100), tcp_in(subframe(), 100), tcp_in(subframe(), 100)});
  frame.bytes.resize(26 + 164 + 30);  // within the headers of the second packet
  Decoder decoder;
  EXPECT_EQ(views_of(decoder, {frame}).size(), 1u);
  EXPECT_EQ(decoder.stats().packets, 2u);
  EXPECT_EQ(decoder.stats().count(RejectReason::truncated_network), 1u);
}

TEST(LinkLayers, an_aggregate_gives_only_so_many_packets) {
  // A frame of 14 bytes again and again, each without content: in a capture that somebody made.
  support::Packet frame = subframe().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).build();
  frame.bytes.resize(26);
  for (int i = 0; i < 4000; ++i) {
    frame.bytes.resize(frame.bytes.size() + 16);
    frame.bytes[frame.bytes.size() - 3] = std::byte{2};
  }
  frame.wire_length = static_cast<std::uint32_t>(frame.bytes.size());
  Decoder decoder;
  EXPECT_TRUE(views_of(decoder, {frame, frame}).empty());
  EXPECT_EQ(decoder.stats().packets, 2u * 257);
  EXPECT_EQ(decoder.stats().count(RejectReason::wifi_aggregate), 2u);
  EXPECT_EQ(decoder.stats().rejected(), decoder.stats().packets);
}

TEST(LinkLayers, many_aggregates_in_a_batch_find_room_with_fragments_that_wait) {
  std::vector<PacketBuilder> packets(60, tcp_in(subframe(), 3));
  packets[30] = subframe().at_us(77).ipv4("10.0.0.3", "10.0.0.4").fragment(5, 8, false).payload(20);
  const std::vector<support::Packet> frames(500, aggregate(packets));
  Decoder decoder;
  EXPECT_EQ(views_of(decoder, frames).size() + decoder.stats().waiting, 500u * 60);
  EXPECT_EQ(decoder.finish().size(), 0u + std::min<std::size_t>(500, WaitingFragments::kMost));
  EXPECT_EQ(decoder.stats().packets, decoder.stats().accepted + decoder.stats().rejected());
}

TEST(LinkLayers, the_first_piece_of_a_wireless_fragment_has_the_lengths_of_the_whole) {
  const PacketView view = view_of(tcp_in(packet().wifi(0x0508).snap(), 1400).cut(24 + 8 + 40));
  EXPECT_EQ(view.payload_bytes, 1400u);
}

TEST(LinkLayers, serial_lines_give_what_ethernet_gives) {
  const PacketView plain = view_of(tcp_in(packet().ethernet()));
  for (const PacketBuilder& link : {packet().ppp(), packet().ppp(true), packet().ppp_hdlc(), packet().cisco_hdlc(),
                                    packet().ppp().mpls(7), packet().cisco_hdlc().mpls(7)}) {
    expect_same_view(view_of(tcp_in(link)), plain);
  }
  // Cisco's framing under the link type of PPP in HDLC, as some writers have it.
  auto cisco = tcp_in(packet().cisco_hdlc()).build();
  cisco.link_type = capture::LinkType::ppp_hdlc;
  expect_same_view(view_of(cisco), plain);
}

}  // namespace
}  // namespace weir::decode
