// SPDX-License-Identifier: Apache-2.0
// Golden tests: where a flow begins, in which direction, and where it ends.
#include <gtest/gtest.h>

#include "tests/golden/metered.h"
#include "tests/golden/talk.h"

namespace weir::golden {
namespace {

using flow::EndReason;

Talk request_and_response() { return Talk().handshake().client(PSH | ACK, 300).server(PSH | ACK, 900); }

TEST(Golden, g01_a_whole_tcp_connection_is_one_flow_that_ended_by_itself) {
  const Metered metered = meter(request_and_response().close().packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  const MeteredRow& row = metered.rows[0];
  EXPECT_EQ(row.row.flow.end_reason, EndReason::end_of_flow);
  EXPECT_EQ(row["fin_packets"], 2);
  EXPECT_EQ(row["fwd_packets"], 5);
  EXPECT_EQ(row["bwd_packets"], 3);
  EXPECT_EQ(row["fwd_payload_bytes"], 300);
  EXPECT_EQ(row["bwd_payload_bytes"], 900);
  EXPECT_EQ(row["syn_packets"], 2);
  EXPECT_EQ(row["ack_packets"], 7);
  EXPECT_EQ(row["psh_packets"], 2);
  EXPECT_EQ(row["flow_duration_us"], 7000);
  EXPECT_EQ(flow::flow_id(row.row.flow), "198.18.0.5:51515-198.18.0.9:443/tcp");
}

TEST(Golden, g02_packets_that_trail_after_the_close_still_belong_to_the_flow) {
  Talk talk = request_and_response().close();
  talk.wait(2s).server(ACK).client(ACK);
  const Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.packets, 10U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, EndReason::end_of_flow);
  EXPECT_EQ(metered.counters.lingering_packets, 2U);
}

TEST(Golden, g02_a_packet_after_the_linger_begins_a_flow_of_its_own) {
  Talk talk = request_and_response().close();
  talk.after(5s).server(ACK);
  EXPECT_EQ(meter(talk.packets()).rows.size(), 1U);
  talk.after(5s + 1us).server(ACK);
  EXPECT_EQ(meter(talk.packets()).rows.size(), 2U);
}

TEST(Golden, g03_a_reset_in_the_middle_ends_the_flow_and_leaves_no_second_one) {
  const Metered metered = meter(request_and_response().server(RST | ACK).client(RST).packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, EndReason::end_of_flow);
  EXPECT_EQ(metered.rows[0]["rst_packets"], 2);
  EXPECT_EQ(metered.rows[0]["fwd_rst_packets"], 1);
  EXPECT_EQ(metered.rows[0]["bwd_rst_packets"], 1);
}

TEST(Golden, g04_a_lone_syn_is_a_flow_whose_rates_are_undefined_not_infinite) {
  const Metered metered = meter(Talk().client(SYN).packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  const MeteredRow& row = metered.rows[0];
  EXPECT_EQ(row.row.flow.packets, 1U);
  EXPECT_EQ(row.row.flow.end_reason, EndReason::forced);
  for (const char* rate :
       {"flow_payload_bytes_per_s", "flow_packets_per_s", "fwd_packets_per_s", "bwd_packets_per_s"}) {
    EXPECT_TRUE(row.undefined(rate)) << rate;
  }
  EXPECT_TRUE(row.undefined("early_02_payload_bytes"));
  EXPECT_TRUE(row.undefined("early_02_gap_us"));
  EXPECT_EQ(row["flow_duration_us"], 0);
  EXPECT_EQ(row["early_01_payload_bytes"], 0);
}

TEST(Golden, g05_a_capture_that_begins_with_the_syn_ack_still_knows_the_client) {
  const std::vector<support::Packet> all = request_and_response().packets();
  const Metered metered = meter(std::span(all).subspan(1));
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(flow::flow_id(metered.rows[0].row.flow), "198.18.0.5:51515-198.18.0.9:443/tcp");
  EXPECT_EQ(metered.rows[0]["fwd_payload_bytes"], 300);
  EXPECT_EQ(metered.rows[0]["bwd_packets"], 2);
}

TEST(Golden, g06_a_long_talk_is_cut_into_records_of_one_connection_and_one_direction) {
  Talk talk;
  talk.handshake();
  // The server speaks last before the cut and first after it: the direction must not follow it.
  for (int second = 1; second <= 125; ++second) talk.after(1s).server(PSH | ACK, 10);
  const Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 2U);
  const flow::FlowIdentity& first = metered.rows[0].row.flow;
  const flow::FlowIdentity& second = metered.rows[1].row.flow;
  EXPECT_EQ(first.end_reason, EndReason::active_timeout);
  EXPECT_EQ(second.end_reason, EndReason::forced);
  EXPECT_EQ(first.src_port, 51515);
  EXPECT_EQ(second.src_port, 51515);
  EXPECT_EQ(metered.rows[1]["fwd_packets"], 0);
  EXPECT_EQ(metered.rows[1]["bwd_packets"], 6);
  EXPECT_NE(first.uid, second.uid);
  EXPECT_EQ(first.connection_uid, first.uid);
  EXPECT_EQ(second.connection_uid, first.uid);
  EXPECT_EQ(metered.rows[1]["connection_time_us"], 125'002'000);
}

TEST(Golden, g06_exactly_120_seconds_are_not_cut_and_a_microsecond_more_is) {
  Talk talk;
  talk.client_udp(1).after(60s).client_udp(1).after(60s).client_udp(1);
  EXPECT_EQ(meter(talk.packets()).rows.size(), 1U);
  Talk longer;
  longer.client_udp(1).after(60s).client_udp(1).after(60s + 1us).client_udp(1);
  EXPECT_EQ(meter(longer.packets()).rows.size(), 2U);
}

TEST(Golden, a_silence_of_120_seconds_does_not_end_a_flow_and_a_microsecond_more_does) {
  EXPECT_EQ(meter(Talk().client_udp(1).after(120s).client_udp(1).packets()).rows.size(), 1U);
  const Metered metered = meter(Talk().client_udp(1).after(120s + 1us).server_udp(1).packets());
  ASSERT_EQ(metered.rows.size(), 2U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, EndReason::idle_timeout);
  // Another flow, not a continuation: whoever speaks first is its source.
  EXPECT_EQ(metered.rows[1].row.flow.src_port, 443);
  EXPECT_EQ(metered.rows[1].row.flow.connection_uid, metered.rows[1].row.flow.uid);
}

TEST(Golden, a_bare_syn_ends_the_linger_and_begins_a_new_flow_at_once) {
  Talk talk = request_and_response().close();
  talk.new_connection().handshake();
  const Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 2U);
  EXPECT_EQ(metered.rows[0].row.flow.packets, 8U);
  EXPECT_EQ(metered.rows[1].row.flow.packets, 3U);
  EXPECT_EQ(metered.counters.lingering_packets, 0U);
}

TEST(Golden, half_closed_the_other_side_goes_on_sending_and_nothing_ends) {
  Talk talk = request_and_response().client(FIN | ACK).server(ACK);
  for (int i = 0; i < 10; ++i) talk.server(PSH | ACK, 500).client(ACK);
  const Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, EndReason::forced);
}

TEST(Golden, a_fin_that_is_sent_twice_by_one_side_is_not_a_close) {
  Talk talk = request_and_response().client(FIN | ACK).client_sends_again(ACK, 0);
  talk.client(FIN | ACK).server(ACK);
  EXPECT_EQ(meter(talk.packets()).rows[0].row.flow.end_reason, EndReason::forced);
}

TEST(Golden, two_flows_that_begin_within_one_microsecond_have_different_names) {
  Talk talk;
  talk.client(SYN).server(RST | ACK).stamped_earlier(1ms).client(SYN).stamped_earlier(2ms);
  const Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 2U);
  EXPECT_EQ(metered.rows[0].row.flow.started, metered.rows[1].row.flow.started);
  EXPECT_NE(metered.rows[0].row.flow.uid, metered.rows[1].row.flow.uid);
}

}  // namespace
}  // namespace weir::golden
