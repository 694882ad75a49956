// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_identity.h"

#include <gtest/gtest.h>

#include "flow/flow_uid_digest.h"

namespace weir::flow {
namespace {

using base::IpAddress;

FlowIdentity talk(std::string_view src, int src_port, std::string_view dst, int dst_port, int protocol) {
  FlowIdentity flow;
  flow.src_ip = IpAddress::parse(src).value();
  flow.dst_ip = IpAddress::parse(dst).value();
  flow.src_port = static_cast<std::uint16_t>(src_port);
  flow.dst_port = static_cast<std::uint16_t>(dst_port);
  flow.protocol = static_cast<std::uint8_t>(protocol);
  flow.ip_version = flow.src_ip.is_v4() ? 4 : 6;
  return flow;
}

FlowIdentity icmp_talk(std::string_view src, std::string_view dst, int protocol, int type, int code) {
  FlowIdentity flow = talk(src, 77, dst, 77, protocol);
  flow.icmp_type = static_cast<std::uint8_t>(type);
  flow.icmp_code = static_cast<std::uint8_t>(code);
  return flow;
}

// Published with the specification (corelight/community-id-spec, baseline) and with its reference implementation.
TEST(CommunityId, tcp_udp_and_sctp_agree_with_the_published_vectors) {
  const auto id = [](auto... words) { return community_id(talk(words...)); };
  EXPECT_EQ(id("128.232.110.120", 34855, "66.35.250.204", 80, 6), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(id("66.35.250.204", 80, "128.232.110.120", 34855, 6), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  EXPECT_EQ(id("10.0.0.1", 10, "10.0.0.2", 11569, 6), "1:SXBGMX1lBOwhhoDrZynfROxnhnM=");
  EXPECT_EQ(id("192.168.1.52", 54585, "8.8.8.8", 53, 17), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
  EXPECT_EQ(id("192.168.170.8", 7, "192.168.170.56", 80, 132), "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=");
  EXPECT_EQ(id("2607:f8b0:400c:c03::1a", 25, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, 6),
            "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

TEST(CommunityId, icmp_types_that_answer_each_other_share_an_id_and_others_do_not) {
  const auto id = [](auto... words) { return community_id(icmp_talk(words...)); };
  EXPECT_EQ(id("192.168.0.89", "192.168.0.1", 1, 8, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  EXPECT_EQ(id("192.168.0.1", "192.168.0.89", 1, 0, 0), "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
  EXPECT_EQ(id("192.168.0.89", "192.168.0.1", 1, 20, 0), "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=");
  EXPECT_EQ(id("192.168.0.89", "192.168.0.1", 1, 20, 1), "1:tz/fHIDUHs19NkixVVoOZywde+I=");
  EXPECT_EQ(id("10.0.0.1", "10.0.0.2", 1, 11, 0), "1:YHxtAirCG//0OzkcVAukqKQN9xM=");
  EXPECT_EQ(id("fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58, 135, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
  EXPECT_EQ(id("fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 58, 136, 0), "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=");
  EXPECT_EQ(id("fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 58, 135, 0), "1:zavyT/cezQr1fmImYCwYnMXbgck=");
  EXPECT_EQ(id("3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 58, 128, 0), "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg=");
  EXPECT_EQ(id("fe80::200:86ff:fe05:80da", "ff02::2", 58, 133, 0), "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0=");
  EXPECT_EQ(id("3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 58, 3, 0),
            "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=");
  EXPECT_EQ(id("3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", 58, 3, 0),
            "1:/OGBt9BN1ofenrmSPWYicpij2Vc=");
}

TEST(CommunityId, a_protocol_without_ports_is_named_by_its_addresses) {
  EXPECT_EQ(community_id(talk("10.1.12.1", 0, "10.1.12.2", 0, 46)), "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=");
  EXPECT_EQ(community_id(talk("10.1.24.4", 5, "10.1.12.1", 9, 46)), "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=");
}

TEST(FlowId, says_who_talked_with_whom) {
  EXPECT_EQ(flow_id(talk("10.0.0.5", 51515, "10.0.0.9", 443, 6)), "10.0.0.5:51515-10.0.0.9:443/tcp");
  EXPECT_EQ(flow_id(talk("2001:db8::1", 5353, "ff02::fb", 5353, 17)), "[2001:db8::1]:5353-[ff02::fb]:5353/udp");
  EXPECT_EQ(flow_id(icmp_talk("10.0.0.5", "10.0.0.9", 1, 8, 0)), "10.0.0.5-10.0.0.9/icmp");
  EXPECT_EQ(flow_id(icmp_talk("fe80::1", "fe80::2", 58, 128, 0)), "fe80::1-fe80::2/icmp6");
  EXPECT_EQ(flow_id(talk("10.0.0.5", 0, "10.0.0.9", 0, 47)), "10.0.0.5-10.0.0.9/47");
  EXPECT_EQ(flow_id(talk("10.0.0.5", 1, "10.0.0.9", 2, 132)), "10.0.0.5:1-10.0.0.9:2/sctp");
}

TEST(FlowUid, text_survives_the_round_trip_and_nothing_else_is_taken) {
  const std::string hex = "00ff10a5deadbeef0123456789abcdef";
  ASSERT_TRUE(FlowUid::parse(hex).has_value());
  EXPECT_EQ(FlowUid::parse(hex)->to_string(), hex);
  for (const char* text : {"", "00ff10a5deadbeef0123456789abcde", "00FF10a5deadbeef0123456789abcdef",
                           "00ff10a5deadbeef0123456789abcdefaa", "0xff10a5deadbeef0123456789abcdef"}) {
    EXPECT_FALSE(FlowUid::parse(text).has_value()) << text;
  }
}

TEST(FlowUid, depends_on_sensor_key_start_and_generation_and_on_nothing_else) {
  decode::PacketView packet;
  packet.src = IpAddress::parse("10.0.0.5").value();
  packet.dst = IpAddress::parse("10.0.0.9").value();
  packet.src_port = 51515;
  packet.dst_port = 443;
  packet.protocol = decode::protocol::kTcp;
  const FlowKey key = key_of(packet).key;
  const auto start = base::from_us(1'700'000'000'000'000);
  const FlowUidDigest digest("weir");

  const FlowUid uid = digest(key, start, 0);
  EXPECT_EQ(FlowUidDigest("weir")(key, start, 0), uid);
  EXPECT_NE(FlowUidDigest("other")(key, start, 0), uid);
  EXPECT_NE(digest(key, start + base::Duration(1), 0), uid);
  EXPECT_NE(digest(key, start, 1), uid);
  FlowKey tagged = key;
  tagged.vlan = 7;
  EXPECT_NE(digest(tagged, start, 0), uid);
  // Names are stored: they must not change from release to release.
  EXPECT_EQ(uid.to_string(), "d5d0d30974facd775df259f0e1881e42");
}

TEST(FlowKey, both_directions_of_a_talk_have_one_key) {
  decode::PacketView there;
  there.src = IpAddress::parse("10.0.0.9").value();
  there.dst = IpAddress::parse("10.0.0.5").value();
  there.src_port = 443;
  there.dst_port = 51515;
  decode::PacketView back = there;
  std::swap(back.src, back.dst);
  std::swap(back.src_port, back.dst_port);
  EXPECT_EQ(key_of(there).key, key_of(back).key);
  EXPECT_FALSE(key_of(there).from_low);
  EXPECT_TRUE(key_of(back).from_low);
}

TEST(FlowKey, one_address_talking_to_itself_is_told_apart_by_port) {
  decode::PacketView there;
  there.src = there.dst = IpAddress::parse("127.0.0.1").value();
  there.src_port = 8080;
  there.dst_port = 51060;
  decode::PacketView back = there;
  std::swap(back.src_port, back.dst_port);
  EXPECT_EQ(key_of(there).key, key_of(back).key);
  EXPECT_NE(key_of(there).from_low, key_of(back).from_low);
}

TEST(EndReason, text_survives_the_round_trip) {
  for (int i = 0; i <= 5; ++i) {
    const auto reason = static_cast<EndReason>(i);
    EXPECT_EQ(parse_end_reason(to_string(reason)), reason);
  }
  EXPECT_EQ(parse_end_reason("eof"), std::nullopt);
}

}  // namespace
}  // namespace weir::flow
