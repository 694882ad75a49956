// SPDX-License-Identifier: Apache-2.0
#include "features/meter_workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <tuple>

namespace weir::features {
namespace {

using namespace std::chrono_literals;
using decode::PacketView;

constexpr std::int64_t kStartUs = 1'700'000'005'000'000;

// Talks of many hosts, both ways, with ends, silences and packets out of order.
std::vector<PacketView> talks(std::size_t count) {
  std::mt19937_64 random(3);
  std::vector<PacketView> packets;
  std::int64_t now_us = kStartUs;
  for (std::size_t i = 0; i < count; ++i) {
    now_us +=
        static_cast<std::int64_t>(random() % 3 == 0 ? random() % 100'000 : 0) + (random() % 1000 == 0 ? 30'000'000 : 0);
    PacketView packet;
    packet.time = base::from_us(now_us - static_cast<std::int64_t>(random() % 20 == 0 ? random() % 12'000'000 : 0));
    const auto client = static_cast<std::uint32_t>(random() % 40);
    const bool back = random() % 2 == 0;
    const auto src = base::IpAddress::v4(0xC6120000 + client), dst = base::IpAddress::v4(0xC6130000 + client % 7);
    packet.src = back ? dst : src;
    packet.dst = back ? src : dst;
    packet.protocol = client % 3 == 0 ? decode::protocol::kUdp : decode::protocol::kTcp;
    const auto port = static_cast<std::uint16_t>(1000 + client);
    packet.src_port = back ? 443 : port;
    packet.dst_port = back ? port : 443;
    packet.payload_bytes = static_cast<std::uint32_t>(random() % 1400);
    packet.ip_bytes = packet.payload_bytes + 40;
    packet.l4_header_bytes = 20;
    if (packet.protocol == decode::protocol::kTcp) {
      packet.tcp_flags = random() % 300 == 0 ? decode::tcp_flag::kRst : decode::tcp_flag::kAck;
      packet.tcp_seq = static_cast<std::uint32_t>(random() % 100'000);
    }
    packets.push_back(packet);
  }
  return packets;
}

// All of a row that anybody can see, but for who computed it.
struct SeenRow {
  flow::FlowUid uid;
  flow::FlowUid connection;
  RowKind kind;
  flow::EndReason reason;
  base::Timestamp started, last, tick;
  std::uint64_t packets, bytes;
  std::vector<std::uint32_t> values;  // bit patterns: NaN equals NaN

  auto operator<=>(const SeenRow&) const = default;
};

struct Outcome {
  std::vector<SeenRow> rows;  // sorted
  std::set<std::size_t> workers;
  MeterCounters counters;
};

Outcome meter(const std::vector<PacketView>& packets, std::size_t workers, std::size_t batch) {
  Outcome outcome;
  std::mutex mutex;
  MeterConfig config;
  MeterWorkers meters(config, workers, [&](std::size_t worker, FeatureBatch& rows) {
    std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const flow::FlowIdentity& flow = rows.row(i).flow;
      SeenRow seen{flow.uid,  flow.connection_uid, rows.row(i).kind, flow.end_reason, flow.started,
                   flow.last, rows.tick,           flow.packets,     flow.bytes,      {}};
      for (const float value : rows.values(i)) seen.values.push_back(std::bit_cast<std::uint32_t>(value));
      outcome.rows.push_back(std::move(seen));
      outcome.workers.insert(worker);
    }
  });
  for (std::span<const PacketView> rest(packets); !rest.empty(); rest = rest.subspan(std::min(batch, rest.size()))) {
    meters.add(rest.first(std::min(batch, rest.size())));
  }
  meters.finish(flow::EndReason::forced);
  outcome.counters = meters.counters();
  std::sort(outcome.rows.begin(), outcome.rows.end());
  return outcome;
}

TEST(MeterWorkers, many_give_the_rows_that_one_gives) {
  const std::vector<PacketView> packets = talks(60'000);
  const Outcome one = meter(packets, 1, 256);
  EXPECT_GT(one.rows.size(), 500u);
  for (const std::size_t workers : {2, 3, 7}) {
    SCOPED_TRACE(workers);
    const Outcome many = meter(packets, workers, 100);
    EXPECT_EQ(many.workers.size(), workers);
    EXPECT_TRUE(many.rows == one.rows);
    EXPECT_EQ(many.counters.packets, packets.size());
    EXPECT_EQ(many.counters.flows_started, one.counters.flows_started);
    EXPECT_EQ(many.counters.flows_ended, one.counters.flows_ended);
    EXPECT_EQ(many.counters.clamped_times, one.counters.clamped_times);
    EXPECT_EQ(many.counters.rows_interim, one.counters.rows_interim);
    EXPECT_EQ(many.counters.rows_final, one.counters.rows_final);
  }
}

TEST(MeterWorkers, each_closes_its_slices_when_time_passes_without_a_packet) {
  MeterConfig config;
  config.idle_timeout = 5s;
  for (const std::size_t workers : {1, 3}) {
    SCOPED_TRACE(workers);
    std::mutex mutex;
    std::size_t ended = 0;
    std::set<std::size_t> closed;
    MeterWorkers meters(config, workers, [&](std::size_t worker, FeatureBatch& rows) {
      std::lock_guard lock(mutex);
      for (const Row& row : rows.rows()) ended += row.flow.end_reason == flow::EndReason::idle_timeout;
      if (rows.last_of_tick) closed.insert(worker);
    });
    auto packets = talks(200);
    meters.add(packets);
    meters.advance(packets.back().time + 60s);
    meters.advance(packets.back().time + 30s);  // back in time: nothing happens
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    const auto all_ended = [&] {
      std::lock_guard lock(mutex);
      return ended > 30 && closed.size() == workers && meters.counters().flows_open == 0;
    };
    while (!all_ended() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(all_ended()) << "before finish()";
    meters.finish(flow::EndReason::forced);
  }
}

TEST(MeterWorkers, without_a_packet_there_is_no_row) {
  for (const std::size_t workers : {1, 2}) {
    EXPECT_TRUE(meter({}, workers, 1).rows.empty());
  }
}

TEST(MeterWorkers, can_be_dropped_in_the_middle) {
  MeterWorkers meters(MeterConfig{}, 2, [](std::size_t, FeatureBatch&) {});
  meters.add(talks(5000));
}

}  // namespace
}  // namespace weir::features
