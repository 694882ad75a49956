// SPDX-License-Identifier: Apache-2.0
// Golden tests: what is measured of a flow.
#include <gtest/gtest.h>

#include "tests/golden/metered.h"
#include "tests/golden/talk.h"

namespace weir::golden {
namespace {

MeteredRow only_row(const Talk& talk) {
  Metered metered = meter(talk.packets());
  EXPECT_EQ(metered.rows.size(), 1U);
  return metered.rows.at(0);
}

TEST(Golden, g07_a_gap_of_exactly_one_second_parts_no_sub_flow_and_a_microsecond_more_does) {
  const MeteredRow whole = only_row(Talk().client_udp(10).after(1s).client_udp(10));
  EXPECT_EQ(whole["subflow_fwd_packets"], 2);
  EXPECT_EQ(whole["subflow_fwd_payload_bytes"], 20);
  const MeteredRow parted = only_row(Talk().client_udp(10).after(1s + 1us).client_udp(10));
  EXPECT_EQ(parted["subflow_fwd_packets"], 1);
  EXPECT_EQ(parted["subflow_fwd_payload_bytes"], 10);
}

TEST(Golden, g07_a_gap_of_exactly_five_seconds_is_activity_and_a_microsecond_more_is_idle_time) {
  const MeteredRow active = only_row(Talk().client_udp(1).after(5s).client_udp(1));
  EXPECT_EQ(active["active_max_us"], 5'000'000);
  EXPECT_EQ(active["idle_max_us"], 0);
  const MeteredRow idle =
      only_row(Talk().client_udp(1).after(1s).client_udp(1).after(5s + 1us).client_udp(1).after(3s).client_udp(1));
  EXPECT_EQ(idle["idle_max_us"], 5'000'001);
  EXPECT_EQ(idle["idle_min_us"], 5'000'001);
  EXPECT_EQ(idle["active_max_us"], 3'000'000);
  EXPECT_EQ(idle["active_min_us"], 1'000'000);
  EXPECT_EQ(idle["active_mean_us"], 2'000'000);
}

TEST(Golden, g07_a_lone_packet_is_no_active_period) {
  const MeteredRow row = only_row(Talk().client_udp(1).after(6s).client_udp(1));
  EXPECT_EQ(row["active_max_us"], 0);
  EXPECT_EQ(row["idle_max_us"], 6'000'000);
}

TEST(Golden, g08_three_packets_are_no_bulk_four_are_and_a_fifth_belongs_to_it) {
  Talk talk;
  talk.client_udp(100).client_udp(100).client_udp(100);
  EXPECT_EQ(only_row(talk)["fwd_bulk_mean_packets"], 0);
  talk.client_udp(100);
  EXPECT_EQ(only_row(talk)["fwd_bulk_mean_packets"], 4);
  EXPECT_EQ(only_row(talk)["fwd_bulk_mean_bytes"], 400);
  EXPECT_FLOAT_EQ(only_row(talk)["fwd_bulk_bytes_per_s"], 400 / 0.003F);
  talk.client_udp(100);
  EXPECT_EQ(only_row(talk)["fwd_bulk_mean_packets"], 5);
  EXPECT_EQ(only_row(talk)["fwd_bulk_mean_bytes"], 500);
  EXPECT_FLOAT_EQ(only_row(talk)["fwd_bulk_bytes_per_s"], 500 / 0.004F);
  EXPECT_EQ(only_row(talk)["bwd_bulk_mean_packets"], 0);
}

TEST(Golden, g08_a_bulk_is_broken_by_the_other_sides_data_and_not_by_its_pure_acknowledgement) {
  Talk acknowledged;
  acknowledged.handshake().client(ACK, 50).client(ACK, 50).server(ACK).client(ACK, 50).client(ACK, 50);
  EXPECT_EQ(only_row(acknowledged)["fwd_bulk_mean_packets"], 4);
  Talk answered;
  answered.handshake().client(ACK, 50).client(ACK, 50).server(ACK, 1).client(ACK, 50).client(ACK, 50);
  EXPECT_EQ(only_row(answered)["fwd_bulk_mean_packets"], 0);
}

TEST(Golden, g08_a_gap_of_exactly_one_second_stays_in_the_bulk_and_a_microsecond_more_does_not) {
  Talk within;
  within.client_udp(1).client_udp(1).client_udp(1).after(1s).client_udp(1);
  EXPECT_EQ(only_row(within)["fwd_bulk_mean_packets"], 4);
  Talk beyond;
  beyond.client_udp(1).client_udp(1).client_udp(1).after(1s + 1us).client_udp(1);
  EXPECT_EQ(only_row(beyond)["fwd_bulk_mean_packets"], 0);
}

TEST(Golden, g10_time_stamps_out_of_order_give_no_negative_value) {
  Talk talk;
  talk.client_udp(10).server_udp(20).stamped_earlier(30ms).client_udp(30).client_udp(40).stamped_earlier(5s);
  Metered metered = meter(talk.packets());
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.counters.clamped_times, 2U);
  for (std::size_t i = 0; i < features::kFeatureCount; ++i) {
    const std::string_view name = features::kFeatures[i].name;
    if (!name.starts_with("early_") || !name.ends_with("_payload_bytes")) {
      EXPECT_FALSE(metered.rows[0].values[i] < 0) << name;
    }
  }
  EXPECT_EQ(metered.rows[0]["flow_duration_us"], 2000);
  EXPECT_EQ(metered.rows[0]["flow_gap_min_us"], 0);
}

TEST(Golden, g11_ethernets_padding_is_no_payload) {
  const Talk talk = Talk().client(SYN).server(RST | ACK);
  ASSERT_EQ(talk.packets()[1].bytes.size(), 60U) << "the frame should be padded";
  EXPECT_EQ(only_row(talk)["bwd_payload_bytes"], 0);
  EXPECT_EQ(only_row(talk)["bwd_data_packets"], 0);
  const MeteredRow tiny = only_row(Talk().client_udp(1));
  EXPECT_EQ(tiny["fwd_payload_bytes"], 1);
  EXPECT_EQ(tiny.row.flow.bytes, 29U);
}

TEST(Golden, g13_the_window_of_the_first_backward_packet_is_kept) {
  Talk talk;
  talk.client_window(1111).server_window(2222).client(SYN).server(SYN | ACK);
  talk.client_window(3333).server_window(4444).client(ACK).server(ACK, 10);
  EXPECT_EQ(only_row(talk)["fwd_initial_window_bytes"], 1111);
  EXPECT_EQ(only_row(talk)["bwd_initial_window_bytes"], 2222);
}

TEST(Golden, flags_are_counted_on_every_packet_and_by_direction) {
  Talk talk;
  talk.client(SYN | ECE | CWR)
      .server(SYN | ACK | ECE)
      .client(ACK)
      .client(PSH | URG | ACK, 5)
      .server(PSH | ACK, 5)
      .server(URG | ACK, 1);
  const MeteredRow row = only_row(talk);
  EXPECT_EQ(row["cwr_packets"], 1);
  EXPECT_EQ(row["ece_packets"], 2);
  EXPECT_EQ(row["urg_packets"], 2);
  EXPECT_EQ(row["fwd_urg_packets"], 1);
  EXPECT_EQ(row["bwd_urg_packets"], 1);
  EXPECT_EQ(row["fwd_psh_packets"], 1);
  EXPECT_EQ(row["bwd_psh_packets"], 1);
  EXPECT_EQ(row["syn_packets"], 2);
  EXPECT_EQ(row["ack_packets"], 5);
  EXPECT_EQ(row["fwd_l4_header_bytes"], 40 + 20 + 20);
  EXPECT_EQ(row["fwd_l4_header_min_bytes"], 20);
  EXPECT_EQ(row["bwd_l4_header_min_bytes"], 20);
}

TEST(Golden, data_sent_again_is_a_retransmission_and_a_keep_alive_is_none) {
  Talk talk;
  talk.handshake().client(PSH | ACK, 500).client_sends_again(PSH | ACK, 500).server(ACK);
  EXPECT_EQ(only_row(talk)["fwd_retransmitted_packets"], 1);
  EXPECT_EQ(only_row(talk)["bwd_retransmitted_packets"], 0);
  EXPECT_EQ(only_row(talk)["retransmitted_packets"], 1);
  Talk quiet;
  quiet.handshake().client(PSH | ACK, 500).server(ACK).client_sends_again(ACK, 1).server(ACK);
  EXPECT_EQ(only_row(quiet)["retransmitted_packets"], 0);
}

TEST(Golden, the_first_packets_are_told_one_by_one_with_sign_and_gap) {
  Talk talk;
  talk.client_udp(10).after(3ms).server_udp(20).after(5ms).server_udp(30);
  const MeteredRow row = only_row(talk);
  EXPECT_EQ(row["early_01_payload_bytes"], 10);
  EXPECT_EQ(row["early_02_payload_bytes"], -20);
  EXPECT_EQ(row["early_03_payload_bytes"], -30);
  EXPECT_TRUE(row.undefined("early_04_payload_bytes"));
  EXPECT_EQ(row["early_02_gap_us"], 3000);
  EXPECT_EQ(row["early_03_gap_us"], 5000);
  EXPECT_EQ(row["early_fwd_packets"], 1);
  EXPECT_EQ(row["early_turns"], 1);
  EXPECT_EQ(row["early_duration_us"], 8000);
}

TEST(Golden, sixteen_packets_are_early_and_the_seventeenth_is_not) {
  Talk talk;
  for (std::size_t i = 1; i <= 20; ++i) talk.client_udp(i);
  const MeteredRow row = only_row(talk);
  EXPECT_EQ(row["early_08_payload_bytes"], 8);
  EXPECT_EQ(row["early_09_payload_bytes"], 9);
  EXPECT_EQ(row["early_16_payload_bytes"], 16);
  EXPECT_EQ(row["early_16_gap_us"], 1000);
  EXPECT_EQ(row["early_fwd_payload_bytes"], 16 * 17 / 2);
  EXPECT_EQ(row["early_duration_us"], 15'000);
  EXPECT_EQ(row["fwd_packets"], 20);
}

TEST(Golden, icmp_type_and_code_are_undefined_for_everything_else) {
  const MeteredRow ping = only_row(Talk().ping(56).pong(56));
  EXPECT_EQ(ping["icmp_type"], 8);
  EXPECT_EQ(ping["icmp_code"], 0);
  EXPECT_EQ(ping["fwd_payload_bytes"], 56);
  EXPECT_EQ(ping["bwd_packets"], 1);
  EXPECT_EQ(flow::flow_id(ping.row.flow), "198.18.0.5-198.18.0.9/icmp");
  EXPECT_TRUE(only_row(Talk().client_udp(5)).undefined("icmp_type"));
}

}  // namespace
}  // namespace weir::golden
