// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "flow/timer_wheel.h"

namespace weir::flow {
namespace {

struct Count {
  std::uint64_t value = 0;
};
using Table = FlowTable<Count>;

FlowKey key(std::uint32_t number) {
  FlowKey key;
  key.low_ip = base::IpAddress::v4(number);
  key.high_ip = base::IpAddress::v4(0xC6130001);
  return key;
}

// A hash with few values: long probes, wrapping at the end, gaps to close.
std::uint64_t poor_hash(std::uint32_t number) {
  const std::uint64_t tag = number % 7 == 0 ? 0xFFFFFFFF : number % 5 * 0x10000000ULL;
  return tag << 32;
}

TEST(FlowTable, finds_what_a_map_finds_through_random_insertions_and_removals) {
  Table table;
  std::map<std::uint32_t, std::uint32_t> expected;  // number -> index
  std::minstd_rand random(1);
  for (int step = 0; step < 60'000; ++step) {
    const std::uint32_t number = static_cast<std::uint32_t>(random() % 600);
    const std::uint32_t index = table.find(key(number), poor_hash(number));
    const auto known = expected.find(number);
    if (known == expected.end()) {
      ASSERT_EQ(index, Table::kNone);
      const std::uint32_t inserted = table.insert(key(number), poor_hash(number));
      EXPECT_EQ(table[inserted].measure.value, 0U);
      table[inserted].measure.value = number;
      expected[number] = inserted;
    } else {
      ASSERT_EQ(index, known->second);
      ASSERT_EQ(table[index].measure.value, number);
      if (random() % 2 == 0) {
        table.erase(index, poor_hash(number));
        expected.erase(known);
      }
    }
    ASSERT_EQ(table.size(), expected.size());
  }
}

TEST(FlowTable, growing_loses_nothing_and_memory_stays_small) {
  Table table;
  const FlowHash hash;
  constexpr std::uint32_t kFlows = 200'000;
  for (std::uint32_t i = 0; i < kFlows; ++i) table[table.insert(key(i), hash(key(i)))].measure.value = i;
  for (std::uint32_t i = 0; i < kFlows; ++i) ASSERT_EQ(table[table.find(key(i), hash(key(i)))].measure.value, i);
  EXPECT_LE(table.memory_bytes() / kFlows, sizeof(Table::Record) + 8 / 0.4 + 10);
}

TEST(FlowTable, freed_records_are_used_again) {
  Table table;
  const FlowHash hash;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const std::uint32_t index = table.insert(key(i), hash(key(i)));
    EXPECT_EQ(index, 0U);
    table.erase(index, hash(key(i)));
  }
}

TEST(FlowHash, another_secret_gives_another_hash) {
  EXPECT_NE(FlowHash()(key(1)), FlowHash()(key(1)));
  const FlowHash::Secret secret = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(FlowHash(secret)(key(1)), FlowHash(secret)(key(1)));
}

TEST(FlowHash, each_part_of_the_key_matters) {
  const FlowHash hash;
  const FlowKey plain = key(1);
  const auto differs = [&](auto change) {
    FlowKey other = plain;
    change(other);
    return hash(other) != hash(plain);
  };
  EXPECT_TRUE(differs([](FlowKey& k) { k.high_ip = base::IpAddress::v4(7U); }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.low_port = 1; }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.high_port = 1; }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.tunnel_id = 1; }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.vlan = 1; }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.protocol = 1; }));
  EXPECT_TRUE(differs([](FlowKey& k) { k.ip_version = 6; }));
}

TEST(TimerWheel, lists_keep_the_order_of_filing_through_removals) {
  Table table;
  TimerWheel<Table> wheel(table, 3);
  std::vector<std::uint32_t> flows;
  flows.reserve(6);
  for (std::uint32_t i = 0; i < 6; ++i) flows.push_back(table.insert(key(i), i));
  for (const std::uint32_t flow : flows) wheel.file(flow, 5);
  wheel.remove(flows[0]);
  wheel.remove(flows[5]);
  wheel.remove(flows[2]);
  wheel.file(flows[2], 5);
  wheel.file(flows[0], 6);
  std::vector<std::uint32_t> order;
  while (wheel.first(5) != Table::kNone) {
    order.push_back(wheel.first(5));
    wheel.remove(order.back());
  }
  EXPECT_EQ(order, (std::vector{flows[1], flows[3], flows[4], flows[2]}));
  EXPECT_EQ(wheel.first(6), flows[0]);
  EXPECT_EQ(wheel.first(7), Table::kNone);
}

}  // namespace
}  // namespace weir::flow
