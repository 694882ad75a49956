// SPDX-License-Identifier: Apache-2.0
// When rows come: ticks, interim rows, ends, and the bound of the table. (What is in them: tests/golden.)
#include "features/flow_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

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

MeterConfig with_first_rows() {
  MeterConfig config;
  config.first_row = 1s;
  return config;
}

TEST(FlowMeter, what_came_back_is_told_apart_and_the_rest_went_forward) {
  Talk talk;
  talk.client_udp(100).after(1ms).server_udp(40).after(1ms).server_udp(60).after(1ms).client_udp(0);
  const flow::FlowIdentity flow = golden::meter(talk.packets(), {}).rows.back().row.flow;
  constexpr std::uint64_t kHeaders = 20 + 8;
  EXPECT_EQ(flow.packets, 4U);
  EXPECT_EQ(flow.packets_back, 2U);
  EXPECT_EQ(flow.bytes, 200 + 4 * kHeaders);
  EXPECT_EQ(flow.bytes_back, 100 + 2 * kHeaders);
}

TEST(FlowMeter, a_first_row_comes_when_a_flow_is_half_a_slice_old_and_the_next_at_the_tick) {
  Talk talk;
  talk.client_udp(10).after(700ms).client_udp(20).after(1600ms).client_udp(30);
  const Metered metered = golden::meter(talk.packets(), with_first_rows());
  ASSERT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::final}));
  EXPECT_EQ(metered.rows[0].tick, kStart + 1s) << "kStart is a whole second";
  EXPECT_TRUE(metered.rows[0].row.news.first);
  EXPECT_TRUE(metered.rows[0].row.news.starts);
  EXPECT_EQ(metered.rows[0].row.news.packets[0], 2U);
  EXPECT_EQ(metered.rows[0].row.news.payload_bytes[0], 30U);
  EXPECT_FALSE(metered.rows[1].row.news.first);
  EXPECT_EQ(metered.rows[1].row.news.packets[0], 1U);
  EXPECT_EQ(metered.rows[1].row.news.payload_bytes[0], 30U);
}

TEST(FlowMeter, a_flow_that_began_late_in_a_slice_is_given_the_next_one_for_its_answer_unless_it_closed) {
  Metered metered;
  FlowMeter meter(with_first_rows(), golden::into(metered));
  meter.add(golden::decoded(Talk().after(800ms).client_udp(10).packets()));
  meter.advance(kStart + 1s);
  EXPECT_TRUE(metered.rows.empty());
  meter.advance(kStart + 2s);
  ASSERT_EQ(metered.rows.size(), 1U);
  EXPECT_TRUE(metered.rows[0].row.news.unanswered);

  Metered refused;
  FlowMeter other(with_first_rows(), golden::into(refused));
  other.add(golden::decoded(Talk().after(900ms).client(SYN).server(RST | ACK).packets()));
  other.advance(kStart + 1s);
  ASSERT_EQ(refused.rows.size(), 1U);
  EXPECT_TRUE(refused.rows[0].row.news.refused);
  EXPECT_TRUE(refused.rows[0].row.news.closes);
}

TEST(FlowMeter, the_end_of_a_flow_that_said_all_brings_no_news_and_its_values_only_when_asked) {
  for (const bool repeat : {true, false}) {
    MeterConfig config = with_first_rows();
    config.repeat_features = repeat;
    Metered metered;
    FlowMeter meter(config, golden::into(metered));
    meter.add(golden::decoded(Talk().client_udp(10).packets()));
    meter.advance(kStart + 125s);
    ASSERT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::final}));
    EXPECT_TRUE(metered.rows[1].row.news.none());
    EXPECT_EQ(metered.rows[1].undefined("fwd_packets"), !repeat);
  }
}

TEST(FeatureBatch, rows_without_values_stand_between_others_also_when_some_are_left_out) {
  FeatureBatch batch;
  for (std::uint64_t i = 0; i < 9; ++i) {
    Row row;
    row.flow.packets = i;
    if (i % 3 == 1) {
      batch.add_without_values(row);
    } else {
      batch.add(row)[0] = static_cast<float>(i);
    }
  }
  const auto expect_each_to_have_its_own = [&] {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::uint64_t number = batch.row(i).flow.packets;
      const bool without = number % 3 == 1;
      EXPECT_EQ(batch.writable_values(i).empty(), without);
      EXPECT_EQ(std::isnan(batch.view(i).values[0]), without);
      EXPECT_TRUE(std::isnan(batch.view(i).values[kFeatureCount - 1]));
      if (!without) {
        EXPECT_EQ(batch.view(i).values[0], static_cast<float>(number));
      }
    }
  };
  expect_each_to_have_its_own();
  EXPECT_EQ(batch.keep_if([](std::size_t i) { return i != 0 && i != 4 && i != 5; }), 3U);
  EXPECT_EQ(batch.size(), 6U);
  EXPECT_EQ(batch.values().size(), 4 * kFeatureCount);
  expect_each_to_have_its_own();
}

TEST(FlowMeter, the_news_of_a_flow_add_up_to_the_flow_and_its_opening_to_nothing) {
  Talk talk;
  talk.handshake();
  for (int i = 0; i < 9; ++i) talk.client(PSH | ACK, 100).after(3s).server(PSH | ACK, 40).after(400ms);
  talk.close();
  const Metered metered = golden::meter(talk.packets(), with_first_rows());
  ASSERT_GT(metered.rows.size(), 3U);
  RowNews sum;
  int opens = 0, closes = 0;
  for (const auto& row : metered.rows) {
    sum.overtake(row.row.news);
    opens += row.row.news.opens > 0;
    closes += row.row.news.closes;
  }
  const auto& last = metered.rows.back();
  EXPECT_EQ(sum.packets[0], last["fwd_packets"]);
  EXPECT_EQ(sum.packets[1], last["bwd_packets"]);
  EXPECT_EQ(sum.payload_bytes[0], 900U);
  EXPECT_EQ(sum.payload_bytes[1], 360U);
  EXPECT_TRUE(sum.starts);
  EXPECT_EQ(sum.opens, 0) << "opened once and closed once";
  EXPECT_EQ(opens, 1);
  EXPECT_EQ(closes, 1);
}

TEST(FlowMeter, what_an_active_cut_goes_on_with_is_no_new_connection) {
  MeterConfig config = with_first_rows();
  config.active_timeout = 20s;
  Talk talk;
  for (int i = 0; i < 30; ++i) talk.client_udp(10).after(1s);
  const Metered metered = golden::meter(talk.packets(), config);
  int first = 0, starts = 0;
  for (const auto& row : metered.rows) {
    first += row.row.news.first;
    starts += row.row.news.starts;
  }
  EXPECT_EQ(first, 2);
  EXPECT_EQ(starts, 1);
}

TEST(FlowMeter, first_rows_leave_final_rows_and_throughput_ticks_as_they_are) {
  Talk talk;
  talk.handshake().client(PSH | ACK, 10).after(12s).server(PSH | ACK, 10).after(30s).close();
  const auto finals = [&](const MeterConfig& config) {
    std::vector<std::vector<float>> values;
    for (const auto& row : golden::meter(talk.packets(), config).rows) {
      if (row.row.kind != RowKind::final) continue;
      values.push_back(row.values);
      for (float& value : values.back()) {
        if (std::isnan(value)) value = -1;
      }
    }
    return values;
  };
  EXPECT_EQ(finals(with_first_rows()), finals(with_interim_rows()));
  auto in_slices = golden::meter(talk.packets(), with_first_rows()).closed_ticks;
  auto in_ticks = golden::meter(talk.packets(), with_interim_rows()).closed_ticks;
  ASSERT_EQ(in_slices.size(), in_ticks.size());
  EXPECT_GT(in_slices.back(), in_ticks.back() - 10s) << "what the end of the packets cuts short ends with its slice";
  in_slices.pop_back();
  in_ticks.pop_back();
  EXPECT_EQ(in_slices, in_ticks);
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

// Talks of all sorts that begin, go on, pause and end over a minute.
std::vector<decode::PacketView> many_talks() {
  std::vector<decode::PacketView> packets;
  auto random = [engine = std::mt19937(3)]() mutable { return static_cast<std::uint32_t>(engine()); };
  for (std::uint32_t client = 0; client < 300; ++client) {
    const std::uint32_t count = 1 + random() % 40;
    base::Timestamp time = kStart + std::chrono::milliseconds(random() % 40'000);
    for (std::uint32_t i = 0; i < count; ++i) {
      decode::PacketView packet = udp_packet(client, time);
      packet.protocol = client % 2 ? decode::protocol::kTcp : decode::protocol::kUdp;
      packet.tcp_flags = i == 0 ? SYN : i + 1 == count && client % 4 == 1 ? RST : ACK;
      packet.tcp_seq = i * 100;
      packet.payload_bytes = packet.ip_bytes = 40 + random() % 1000;
      if (random() % 3 == 0 && i > 0) {
        std::swap(packet.src, packet.dst);
        std::swap(packet.src_port, packet.dst_port);
      }
      packets.push_back(packet);
      time += std::chrono::microseconds(random() % (i % 7 == 6 ? 9'000'000 : 400'000));
    }
  }
  std::stable_sort(packets.begin(), packets.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return packets;
}

// A row as text and bits, in an order that does not depend on the meter's.
std::multiset<std::string> told(const Metered& metered) {
  std::multiset<std::string> all;
  for (const auto& row : metered.rows) {
    std::string text = row.row.flow.uid.to_string() + std::to_string(base::to_us(row.tick)) + "/" +
                       std::to_string(static_cast<int>(row.row.flow.end_reason)) + "/" +
                       std::to_string(row.row.flow.packets) + "/" + std::to_string(row.row.news.packets[0]) + "/" +
                       std::to_string(row.row.news.packets[1]) + "/" + std::to_string(row.row.news.opens);
    const auto bits = std::as_bytes(std::span(row.values));
    text.append(reinterpret_cast<const char*>(bits.data()), bits.size());
    all.insert(std::move(text));
  }
  return all;
}

TEST(FlowMeter, a_meter_that_takes_up_saved_flows_tells_what_one_that_never_stopped_tells) {
  MeterConfig config;
  config.first_row = 1s;
  config.idle_timeout = 5s;
  const auto packets = many_talks();
  const auto undisturbed = told(golden::meter_views(packets, config));
  for (const std::size_t cut : {std::size_t{1}, packets.size() / 3, packets.size() / 2, packets.size() - 1}) {
    SCOPED_TRACE(cut);
    Metered metered;
    FlowMeter before(config, golden::into(metered));
    before.add(std::span(packets).first(cut));
    FlowMeter after(config, golden::into(metered));
    after.restore_clock(before.begin_saving());
    for (bool more = true; more;) {
      std::vector<std::byte> piece;
      more = before.save_some(7, piece);
      ASSERT_TRUE(after.restore(piece));
      if (piece.empty()) continue;
      EXPECT_FALSE(FlowMeter(config, golden::into(metered)).restore(std::span(piece).first(1)));
    }
    EXPECT_EQ(after.counters().flows_taken_up, before.counters().flows_open);
    after.add(std::span(packets).subspan(cut));
    after.finish(flow::EndReason::forced);
    std::vector<std::string> differ;
    const auto disturbed = told(metered);
    std::set_symmetric_difference(disturbed.begin(), disturbed.end(), undisturbed.begin(), undisturbed.end(),
                                  std::back_inserter(differ));
    EXPECT_EQ(differ.size(), 0U) << "the first is of the flow " << differ.front().substr(0, 32);
    std::uint64_t ended = 0;
    for (const std::uint64_t count : after.counters().flows_ended) ended += count;
    EXPECT_EQ(after.counters().flows_started + after.counters().flows_taken_up, ended);
  }
}

TEST(FlowMeter, to_settle_gives_each_changed_flow_its_row_and_leaves_it_open) {
  MeterConfig config;
  config.first_row = 1s;
  Metered metered;
  FlowMeter meter(config, golden::into(metered));
  const std::vector packets = {udp_packet(1, kStart), udp_packet(2, kStart + 10ms)};
  meter.add(packets);
  meter.settle();
  EXPECT_EQ(kinds(metered), (std::vector{RowKind::interim, RowKind::interim}));
  EXPECT_EQ(meter.counters().flows_open, 2U);
  meter.settle();
  EXPECT_EQ(metered.rows.size(), 2U) << "nothing is new";
}

TEST(FlowMeter, flows_that_were_due_while_nobody_looked_end_when_they_would_have) {
  MeterConfig config;
  config.idle_timeout = 30s;
  Metered metered;
  FlowMeter before(config, golden::into(metered)), after(config, golden::into(metered));
  const std::vector packets = {udp_packet(1, kStart)};
  before.add(packets);
  after.restore_clock(before.begin_saving());
  std::vector<std::byte> piece;
  EXPECT_FALSE(before.save_some(100, piece));
  ASSERT_TRUE(after.restore(piece));
  after.advance(kStart + 1h);
  ASSERT_FALSE(metered.rows.empty());
  EXPECT_EQ(metered.rows.back().row.flow.end_reason, flow::EndReason::idle_timeout);
  EXPECT_EQ(metered.rows.back().tick, kFirstTick + 30s);
  EXPECT_EQ(after.counters().flows_open, 0U);
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
