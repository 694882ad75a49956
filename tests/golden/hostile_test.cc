// SPDX-License-Identifier: Apache-2.0
// What a flood, and a long day, may and may not do to the flows of others. bench/hostile.py has the large versions.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/golden/metered.h"
#include "tests/golden/oracle.h"
#include "tests/golden/talk.h"

namespace weir::golden {
namespace {

using decode::PacketView;

bool honest(const flow::FlowIdentity& flow) { return flow.dst_port == 443; }

PacketView packet(std::uint32_t src, std::uint16_t src_port, std::uint16_t dst_port, std::uint8_t flags) {
  PacketView p;
  p.src = base::IpAddress::v4(src);
  p.dst = base::IpAddress::v4(0xC612FF01);
  p.src_port = src_port;
  p.dst_port = dst_port;
  p.protocol = decode::protocol::kTcp;
  p.tcp_flags = flags;
  p.l4_header_bytes = 20;
  p.ip_bytes = 40;
  return p;
}

// Honest hosts that send every 50 ms, and, when asked for, 40 SYNs of ever new sources in each of these gaps.
std::vector<PacketView> traffic(bool flooded) {
  std::vector<PacketView> packets;
  std::mt19937 random(5);
  std::uint32_t syns = 0;
  for (int round = 0; round < 1200; ++round) {  // a minute
    for (std::uint32_t host = 0; host < 20; ++host) {
      PacketView p = packet(0xC6120000 + host, static_cast<std::uint16_t>(20'000 + host), 443, ACK);
      p.time = base::from_us(kStartUs + round * 50'000LL + host);
      p.payload_bytes = static_cast<std::uint32_t>(random() % 1400);
      p.ip_bytes += p.payload_bytes;
      packets.push_back(p);
    }
    for (int i = 0; flooded && i < 40; ++i, ++syns) {
      PacketView p = packet(0x0A000000 + syns, static_cast<std::uint16_t>(syns), 80, SYN);
      p.time = base::from_us(kStartUs + round * 50'000LL + 100 + i);
      packets.push_back(p);
    }
  }
  return packets;
}

struct Account {
  std::uint64_t packets = 0, honest_packets = 0, evicted = 0, honest_evicted = 0;
};
Account account(const Metered& metered) {
  Account sum;
  for (const MeteredRow& row : metered.rows) {
    if (row.row.kind != features::RowKind::final) continue;
    const bool evicted = row.row.flow.end_reason == flow::EndReason::evicted;
    sum.packets += row.row.flow.packets;
    sum.evicted += evicted;
    if (!honest(row.row.flow)) continue;
    sum.honest_packets += row.row.flow.packets;
    sum.honest_evicted += evicted;
  }
  return sum;
}

TEST(Hostile, a_flood_ends_its_own_flows_early_and_leaves_busy_ones_alone) {
  features::MeterConfig config = only_final_rows();
  config.max_flows = 1000;
  const Metered quiet = meter_views(traffic(false), config);
  const std::vector<PacketView> packets = traffic(true);
  const Metered flooded = meter_views(packets, config);

  const Account sum = account(flooded);
  EXPECT_EQ(flooded.counters.packets, packets.size());
  EXPECT_EQ(sum.packets, packets.size());
  EXPECT_EQ(sum.evicted, flooded.counters.ended(flow::EndReason::evicted));
  EXPECT_GT(sum.evicted, 40'000u);
  EXPECT_EQ(sum.honest_evicted, 0u);

  // The honest rows are those of a minute without a flood, number by number.
  std::map<flow::FlowUid, const MeteredRow*> expected;
  for (const MeteredRow& row : quiet.rows) expected[row.row.flow.uid] = &row;
  std::size_t compared = 0;
  for (const MeteredRow& row : flooded.rows) {
    if (!honest(row.row.flow)) continue;
    ASSERT_TRUE(expected.contains(row.row.flow.uid));
    const MeteredRow& other = *expected[row.row.flow.uid];
    EXPECT_EQ(row.row.flow.packets, other.row.flow.packets);
    for (std::size_t i = 0; i < features::kFeatureCount; ++i) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(row.values[i]), std::bit_cast<std::uint32_t>(other.values[i]));
    }
    ++compared;
  }
  EXPECT_EQ(compared, 20u);
}

TEST(Hostile, the_table_never_holds_more_than_its_cap) {
  features::MeterConfig config = only_final_rows();
  config.max_flows = 500;
  features::FlowMeter meter(config, [](features::FeatureBatch&) {});
  for (const PacketView& p : traffic(true)) {
    meter.add({&p, 1});
    ASSERT_LE(meter.counters().flows_open, 500u);
  }
}

// Flows of all kinds over 26 hours: each must end in the very tick in which a meter that looks at all of them would end it.
TEST(Hostile, a_day_shifts_no_timer) {
  std::vector<PacketView> packets;
  std::mt19937_64 random(9);
  std::int64_t now_us = kStartUs;
  while (now_us < kStartUs + 26LL * 3600 * 1'000'000) {
    now_us += static_cast<std::int64_t>(random() % 90'000'000);
    PacketView p = packet(0xC6120000 + static_cast<std::uint32_t>(random() % 6), 20'000, 443, ACK);
    if (random() % 9 == 0) p.tcp_flags = decode::tcp_flag::kRst;
    p.time = base::from_us(now_us);
    packets.push_back(p);
  }
  EXPECT_GT(packets.size(), 1500u);
  EXPECT_EQ(difference(packets, features::MeterConfig{}), "");
}

}  // namespace
}  // namespace weir::golden
