// SPDX-License-Identifier: Apache-2.0
#include "flow/tcp_state.h"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

using namespace decode::tcp_flag;

decode::PacketView segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack, std::uint32_t payload = 0) {
  decode::PacketView packet;
  packet.protocol = decode::protocol::kTcp;
  packet.tcp_flags = flags;
  packet.tcp_seq = seq;
  packet.tcp_ack = ack;
  packet.payload_bytes = payload;
  return packet;
}

TEST(TcpState, closes_when_both_fins_are_acknowledged_and_not_before) {
  FlowHead head;
  EXPECT_FALSE(follow_tcp(head, segment(kFin | kAck, 100, 500), kForward).closes);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 500, 101), kBackward).closes);
  EXPECT_FALSE(follow_tcp(head, segment(kFin | kAck, 500, 101), kBackward).closes);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 101, 500), kForward).closes) << "does not acknowledge the FIN";
  EXPECT_TRUE(follow_tcp(head, segment(kAck, 101, 501), kForward).closes);
}

TEST(TcpState, fins_that_cross_on_the_way_close_when_both_are_acknowledged) {
  FlowHead head;
  follow_tcp(head, segment(kFin | kAck, 100, 500), kForward);
  EXPECT_FALSE(follow_tcp(head, segment(kFin | kAck, 500, 100), kBackward).closes);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 101, 501), kForward).closes);
  EXPECT_TRUE(follow_tcp(head, segment(kAck, 501, 101), kBackward).closes);
}

TEST(TcpState, one_fin_and_any_number_of_repetitions_close_nothing) {
  FlowHead head;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(follow_tcp(head, segment(kFin | kAck, 100, 500), kForward).closes);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 500, 101), kBackward).closes);
}

TEST(TcpState, a_reset_of_either_side_closes_at_once) {
  FlowHead head;
  EXPECT_TRUE(follow_tcp(head, segment(kRst, 0, 0), kBackward).closes);
  EXPECT_TRUE(follow_tcp(head, segment(kRst | kAck, 0, 0), kForward).closes);
}

TEST(TcpState, the_sequence_space_wraps) {
  FlowHead head;
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 0xFFFFFF00, 0, 0x80), kForward).retransmission);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 0xFFFFFF80, 0, 0x100), kForward).retransmission);
  EXPECT_EQ(head.next_seq[kForward], 0x80U);
  EXPECT_TRUE(follow_tcp(head, segment(kAck, 0xFFFFFF00, 0, 0x100), kForward).retransmission);
  follow_tcp(head, segment(kFin | kAck, 0x80, 0), kForward);
  follow_tcp(head, segment(kFin | kAck, 0xFFFFFFFF, 0x81), kBackward);
  EXPECT_TRUE(follow_tcp(head, segment(kAck, 0x81, 0), kForward).closes) << "FIN at 0xFFFFFFFF is acknowledged by 0";
}

TEST(TcpState, new_data_after_a_hole_is_no_retransmission_but_what_fills_the_hole_counts_as_one) {
  FlowHead head;
  follow_tcp(head, segment(kAck, 0, 0, 100), kForward);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 200, 0, 100), kForward).retransmission);
  EXPECT_TRUE(follow_tcp(head, segment(kAck, 100, 0, 100), kForward).retransmission);
}

TEST(TcpState, pure_acknowledgements_and_keep_alives_are_no_retransmissions) {
  FlowHead head;
  follow_tcp(head, segment(kAck, 0, 0, 100), kForward);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 100, 0), kForward).retransmission);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 99, 0), kForward).retransmission);
  EXPECT_FALSE(follow_tcp(head, segment(kAck, 99, 0, 1), kForward).retransmission);
}

TEST(TcpState, a_syn_sent_again_is_a_retransmission_and_one_with_another_number_is_not) {
  FlowHead head;
  EXPECT_FALSE(follow_tcp(head, segment(kSyn, 1000, 0), kForward).retransmission);
  EXPECT_TRUE(follow_tcp(head, segment(kSyn, 1000, 0), kForward).retransmission);
  EXPECT_FALSE(follow_tcp(head, segment(kSyn, 5, 0), kForward).retransmission);
  EXPECT_EQ(head.next_seq[kForward], 6U);
}

}  // namespace
}  // namespace weir::flow
