// SPDX-License-Identifier: Apache-2.0
// When rows come: ticks, interim rows, ends, and the bound of the table. (What is in them: tests/golden.)
#include "features/flow_meter.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/golden/metered.h"
#include "tests/golden/talk.h"

namespace weir::features {
namespace {

using golden::ACK, golden::FIN, golden::PSH, golden::RST, golden::SYN;
using golden::Metered, golden::Talk;
using namespace std::chrono_literals;

// kStartUs lies in the middle of a tick of 10 s.
const base::Timestamp kStart = base::from_us(golden::kStartUs);
const base::Timestamp kFirstTick = kStart + 5s;

MeterConfig with_interim_rows() { return {}; }

std::vector<RowKind> kinds(const Metered& metered) {
  std::vector<RowKind> kinds;
  for (const auto& row : metered.rows) kinds.push_back(row.row.kind);
  return kinds;
}

decode::PacketView udp_packet(std::uint32_t client, base::Timestamp time) {
  decode::PacketView packet;
  packet.time = time;
  packet.src = base::IpAddress::v4(0xC6120000 + client);
  packet.dst = base::IpAddress::v4(0xC6130001);
  packet.src_port = 5000;
  packet.dst_port = 53;
  packet.protocol = decode::protocol::kUdp;
  packet.ip_bytes = 40;
  packet.payload_bytes = 12;
  packet.l4_header_bytes = 8;
  return packet;
}

TEST(FlowMeter, a_flow_that_changed_gives_an_interim_row_at_each_tick_and_a_final_row_at_its_end) {
  Talk talk;
  talk.client_udp(10).after(10s).client_udp(10).after(10s).client_udp(10);
  const Metered metered = golden::meter(talk.packets(), with_interim_rows());
  EXPECT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::interim, RowKind::final}));
  EXPECT_EQ(metered.rows[0].tick, kFirstTick);
  EXPECT_EQ(metered.rows[1].tick, kFirstTick + 10s);
  EXPECT_EQ(metered.rows[2].tick, kFirstTick + 20s);
  EXPECT_EQ(metered.rows[0]["fwd_packets"], 1);
  EXPECT_EQ(metered.rows[1]["fwd_packets"], 2);
  EXPECT_EQ(metered.rows[2]["fwd_packets"], 3);
  for (const auto& row : metered.rows) EXPECT_EQ(row.row.flow.uid, metered.rows[0].row.flow.uid);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, flow::EndReason::none);
}

TEST(FlowMeter, a_flow_that_was_silent_during_a_tick_gives_no_row_for_it) {
  Talk talk;
  talk.client_udp(10).after(40s).client_udp(10);
  const Metered metered = golden::meter(talk.packets(), with_interim_rows());
  EXPECT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::final}));
}

TEST(FlowMeter, a_flow_that_ended_within_a_tick_gives_its_final_row_only) {
  Talk talk;
  talk.handshake().close().new_connection().client(SYN);
  const Metered metered = golden::meter(talk.packets(), with_interim_rows());
  EXPECT_EQ(kinds(metered), (std::vector{RowKind::final, RowKind::final}));
}

TEST(FlowMeter, without_interim_rows_each_flow_gives_one) {
  Talk talk;
  for (int i = 0; i < 10; ++i) talk.after(7s).client_udp(10);
  EXPECT_EQ(kinds(golden::meter(talk.packets())), std::vector{RowKind::final});
}

TEST(FlowMeter, an_early_row_comes_with_the_nth_packet_and_the_tick_does_not_repeat_it) {
  MeterConfig config;
  config.early_packets = 3;
  Talk talk;
  talk.client_udp(1).client_udp(1).client_udp(1).after(20s).client_udp(1);
  const Metered metered = golden::meter(talk.packets(), config);
  EXPECT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::final}));
  EXPECT_EQ(metered.rows[0]["fwd_packets"], 3);
  EXPECT_EQ(metered.rows[0].tick, kFirstTick);
}

TEST(FlowMeter, a_silent_flow_ends_at_the_first_tick_after_its_timeout) {
  Metered metered;
  FlowMeter meter(with_interim_rows(), golden::into(metered));
  const auto packets = golden::decoded(Talk().client_udp(10).packets());
  meter.add(packets);
  meter.advance(kStart + 120s);
  EXPECT_EQ(meter.counters().flows_open, 1U);
  meter.advance(kStart + 125s);  // the tick that ends here is the first that ends after start + 120 s
  EXPECT_EQ(meter.counters().flows_open, 0U);
  ASSERT_EQ(metered.rows.size(), 2U);
  EXPECT_EQ(metered.rows[1].row.flow.end_reason, flow::EndReason::idle_timeout);
  EXPECT_EQ(metered.rows[1].tick, kStart + 125s);
}

TEST(FlowMeter, a_closed_connection_gives_its_final_row_when_the_linger_is_over) {
  Metered metered;
  FlowMeter meter(golden::only_final_rows(), golden::into(metered));
  meter.add(golden::decoded(Talk().handshake().close().packets()));
  meter.advance(kStart + 5s);
  EXPECT_TRUE(metered.rows.empty()) << "5 s have not passed since the last packet";
  meter.advance(kStart + 15s);
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, flow::EndReason::end_of_flow);
}

TEST(FlowMeter, ticks_are_absolute_and_each_is_closed_once) {
  Metered metered;
  FlowMeter meter(with_interim_rows(), golden::into(metered));
  for (int second = 0; second <= 60; ++second) meter.advance(kStart + std::chrono::seconds(second));
  meter.finish(flow::EndReason::forced);
  ASSERT_EQ(metered.closed_ticks.size(), 7U);
  for (std::size_t i = 0; i < metered.closed_ticks.size(); ++i) {
    EXPECT_EQ(metered.closed_ticks[i], kFirstTick + i * 10s);
    EXPECT_EQ(base::to_us(metered.closed_ticks[i]) % 10'000'000, 0);
  }
}

TEST(FlowMeter, a_gap_of_years_is_passed_over_in_one_step) {
  Metered metered;
  FlowMeter meter(with_interim_rows(), golden::into(metered));
  meter.add(golden::decoded(Talk().client_udp(10).packets()));
  const decode::PacketView later = udp_packet(1, kStart + std::chrono::hours(24 * 365 * 100));
  meter.add({&later, 1});
  meter.finish(flow::EndReason::forced);
  // The first tick, the one in which silence ended the flow, and the last.
  EXPECT_EQ(metered.closed_ticks.size(), 3U);
  EXPECT_EQ(meter.counters().ended(flow::EndReason::idle_timeout), 1U);
}

TEST(FlowMeter, a_packet_from_before_the_tick_belongs_to_the_tick_and_moves_no_time_back) {
  Metered metered;
  FlowMeter meter(with_interim_rows(), golden::into(metered));
  meter.advance(kStart + 3600s);
  const std::size_t ticks = metered.closed_ticks.size();
  const decode::PacketView late = udp_packet(1, kStart);
  meter.add({&late, 1});
  meter.advance(kStart);
  EXPECT_EQ(metered.closed_ticks.size(), ticks);
  meter.finish(flow::EndReason::forced);
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.started, kStart);
  EXPECT_EQ(metered.rows[0].tick, kStart + 3605s);
}

TEST(FlowMeter, a_flow_whose_packets_are_all_late_is_not_taken_apart_by_the_clock_of_others) {
  Metered metered;
  FlowMeter meter(golden::only_final_rows(), golden::into(metered));
  meter.advance(kStart + 3600s);
  for (int i = 0; i < 30; ++i) {
    const decode::PacketView late = udp_packet(1, kStart + i * 1s);
    meter.add({&late, 1});
    meter.advance(kStart + 3600s + i * 10s);
  }
  EXPECT_TRUE(metered.rows.empty());
  meter.finish(flow::EndReason::forced);
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_EQ(metered.rows[0].row.flow.packets, 30U);
}

TEST(FlowMeter, a_batch_holds_at_most_1024_rows_and_only_the_last_of_a_tick_says_so) {
  std::vector<std::size_t> sizes;
  std::vector<bool> last;
  FlowMeter meter(golden::only_final_rows(), [&](FeatureBatch& batch) {
    sizes.push_back(batch.size());
    last.push_back(batch.last_of_tick);
    FeatureBatch taken = std::move(batch);  // a sink may keep what it gets
  });
  std::vector<decode::PacketView> packets;
  for (std::uint32_t i = 0; i < 2500; ++i) packets.push_back(udp_packet(i, kStart));
  meter.add(packets);
  meter.finish(flow::EndReason::forced);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1024, 1024, 452}));
  EXPECT_EQ(last, (std::vector<bool>{false, false, true}));
}

TEST(FlowMeter, a_full_table_ends_the_flow_that_was_silent_for_longest_and_counts_it) {
  MeterConfig config = golden::only_final_rows();
  config.max_flows = 100;
  std::vector<decode::PacketView> packets;
  for (std::uint32_t i = 0; i < 100; ++i) packets.push_back(udp_packet(i, kStart + i * 1ms));
  packets.push_back(udp_packet(0, kStart + 100ms));  // the oldest flow speaks again
  packets.push_back(udp_packet(1000, kStart + 101ms));
  const Metered metered = golden::meter_views(packets, config);
  EXPECT_EQ(metered.counters.ended(flow::EndReason::evicted), 1U);
  ASSERT_EQ(metered.rows.size(), 101U);
  EXPECT_EQ(metered.rows[0].row.flow.end_reason, flow::EndReason::evicted);
  EXPECT_EQ(metered.rows[0].row.flow.src_ip, base::IpAddress::v4(0xC6120001));
}

TEST(FlowMeter, a_flood_of_new_flows_does_not_push_out_a_talk_that_goes_on) {
  MeterConfig config = golden::only_final_rows();
  config.max_flows = 1000;
  std::vector<decode::PacketView> packets;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    packets.push_back(udp_packet(100 + i, kStart + i * 10us));
    if (i % 100 == 0) packets.push_back(udp_packet(1, kStart + i * 10us));
  }
  const Metered metered = golden::meter_views(packets, config);
  EXPECT_LE(metered.counters.ended(flow::EndReason::evicted), 50'001U - 1000U);
  std::size_t honest = 0;
  for (const auto& row : metered.rows) {
    if (row.row.flow.src_ip != base::IpAddress::v4(0xC6120001)) continue;
    ++honest;
    EXPECT_EQ(row.row.flow.packets, 500U);
  }
  EXPECT_EQ(honest, 1U);
}

TEST(FlowMeter, every_packet_is_in_one_final_row_and_every_start_has_an_end) {
  Talk talk;
  for (int i = 0; i < 40; ++i) talk.after(4s).client_udp(10).server_udp(20);
  talk.handshake().close().new_connection().client(SYN).server(RST | ACK);
  Metered metered = golden::meter(talk.packets(), with_interim_rows());
  std::uint64_t packets = 0, bytes = 0, ended = 0;
  for (const auto& row : metered.rows) {
    if (row.row.kind != RowKind::final) continue;
    packets += row.row.flow.packets;
    bytes += row.row.flow.bytes;
  }
  for (const std::uint64_t count : metered.counters.flows_ended) ended += count;
  EXPECT_EQ(packets, talk.packets().size());
  EXPECT_EQ(metered.counters.packets, packets);
  EXPECT_EQ(metered.counters.ip_bytes, bytes);
  EXPECT_EQ(metered.counters.flows_started, ended);
  EXPECT_EQ(metered.counters.rows_final, ended);
  EXPECT_EQ(metered.counters.flows_open, 0U);
}

TEST(FlowMeter, after_finish_it_begins_anew) {
  Metered metered;
  FlowMeter meter(golden::only_final_rows(), golden::into(metered));
  const auto packets = golden::decoded(Talk().client_udp(10).packets());
  for (int run = 0; run < 2; ++run) {
    meter.add(packets);
    meter.finish(flow::EndReason::forced);
  }
  ASSERT_EQ(metered.rows.size(), 2U);
  EXPECT_EQ(metered.rows[0].row.flow.uid, metered.rows[1].row.flow.uid);
  meter.finish(flow::EndReason::forced);
  EXPECT_EQ(metered.closed_ticks.size(), 2U) << "there is no tick to close";
}

TEST(MeterConfig, what_is_out_of_range_is_refused_in_a_sentence) {
  EXPECT_TRUE(check(MeterConfig{}).has_value());
  const auto refused = [](auto change) {
    MeterConfig config;
    change(config);
    const auto checked = check(config);
    return !checked && !checked.error().message().empty();
  };
  EXPECT_TRUE(refused([](MeterConfig& c) { c.tick = 0s; }));
  EXPECT_TRUE(refused([](MeterConfig& c) { c.active_timeout = 3601s; }));
  EXPECT_TRUE(refused([](MeterConfig& c) { c.idle_timeout = -1s; }));
  EXPECT_TRUE(refused([](MeterConfig& c) { c.linger = 2h; }));
  EXPECT_TRUE(refused([](MeterConfig& c) { c.max_flows = 0; }));
  EXPECT_TRUE(refused([](MeterConfig& c) { c.max_flows = 100'000'000; }));
}

}  // namespace
}  // namespace weir::features
