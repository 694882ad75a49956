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
