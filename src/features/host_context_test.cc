// SPDX-License-Identifier: Apache-2.0
// What the family `host` says of typical behaviour, and that it depends on the rows of a slice alone: not on their order, not
// on how workers shared them.
#include "features/host_context.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "features/schema.h"
#include "features/sketches.h"

namespace weir::features {
namespace {

using namespace std::chrono_literals;

const base::Timestamp kStart = base::from_us(1'700'000'040'000'000);  // a multiple of 10 s and of 60 s

base::IpAddress host(std::uint32_t number) { return base::IpAddress::v4(0xC6120000 + number); }

// Rows in words: a connection from one host to a port of another, as its first row tells it.
struct Connection {
  std::uint32_t from = 1, to = 2;
  std::uint16_t port = 80;
  base::Duration start = 0s;  // after kStart
  std::uint64_t sent = 0, got = 0;
  bool answered = true, refused = false, closed = false;
  std::uint8_t protocol = decode::protocol::kTcp;
  std::uint8_t icmp_type = 0;
};

Row row_of(const Connection& c) {
  static std::uint64_t count = 0;
  Row row;
  const std::uint64_t uid = mix(++count);
  std::memcpy(row.flow.uid.bytes.data(), &uid, sizeof uid);
  row.flow.src_ip = host(c.from);
  row.flow.dst_ip = host(c.to);
  row.flow.src_port = static_cast<std::uint16_t>(20'000 + count);
  row.flow.dst_port = c.port;
  row.flow.protocol = c.protocol;
  row.flow.icmp_type = c.icmp_type;
  row.flow.started = kStart + c.start;
  row.flow.last = row.flow.started + 100ms;
  row.kind = RowKind::interim;
  row.news.first = row.news.starts = true;
  row.news.packets[0] = 3;
  row.news.packets[1] = c.answered ? 2 : 0;
  row.news.payload_bytes[0] = c.sent;
  row.news.payload_bytes[1] = c.got;
  row.news.unanswered = !c.answered;
  row.news.refused = c.refused;
  row.news.closes = c.closed;
  row.news.opens = c.answered && !c.closed && c.protocol == decode::protocol::kTcp;
  return row;
}

void add(FeatureBatch& batch, const Row& row) {
  const auto values = batch.add(row);
  values[feature("fwd_payload_bytes")] = static_cast<float>(row.news.payload_bytes[0]);
  values[feature("bwd_payload_bytes")] = static_cast<float>(row.news.payload_bytes[1]);
}

FeatureBatch slice_until(base::Duration end) {
  FeatureBatch batch;
  batch.tick = kStart + end;
  return batch;
}

class HostContextTest : public testing::Test {
 protected:
  // Fills a slice of these connections; the values of the last one stay for at().
  void slice(base::Duration end, const std::vector<Connection>& connections) {
    FeatureBatch batch = slice_until(end);
    for (const Connection& connection : connections) add(batch, row_of(connection));
    fill(batch);
  }
  void fill(FeatureBatch& batch) {
    const HostContext::Rows rows[] = {{&batch}};
    context_.fill(rows);
    const auto values = std::as_const(batch).values(batch.size() - 1);
    last_.assign(values.begin(), values.end());
  }
  float at(std::string_view name) const { return last_.at(find_feature(name)); }

  HostContext context_;
  std::vector<float> last_;
};

TEST_F(HostContextTest, a_port_scan_is_many_ports_of_one_host_without_an_answer) {
  std::vector<Connection> scan;
  for (std::uint16_t port = 1; port <= 200; ++port) {
    scan.push_back({.port = port, .answered = port % 2 == 0, .refused = port % 2 == 0, .closed = port % 2 == 0});
  }
  slice(1s, scan);
  EXPECT_EQ(at("src_flows_10s"), 200);
  EXPECT_NEAR(at("src_ports_10s"), 200, 30);
  EXPECT_NEAR(at("pair_ports_60s"), 200, 30);
  EXPECT_NEAR(at("pair_ports_per_flow_60s"), 1, 0.15);
  EXPECT_NEAR(at("src_peers_60s"), 1, 0.01);
  EXPECT_EQ(at("src_unanswered_share_10s"), 0.5);
  EXPECT_EQ(at("dst_refused_share_60s"), 0.5);
  EXPECT_EQ(at("service_flows_60s"), 1) << "each port is a service of its own";
  EXPECT_EQ(at("pair_recent_port_changes"), 1);
  EXPECT_EQ(at("src_peer_concentration_60s"), 1);
  EXPECT_EQ(at("pair_share_of_dst_flows_10s"), 1);
}

TEST_F(HostContextTest, what_was_saved_and_restored_is_known_as_before) {
  std::vector<Connection> first, second;
  for (std::uint16_t port = 1; port <= 300; ++port)
    first.push_back({.from = 1U + port % 40, .to = 100U + port % 7, .port = port});
  for (std::uint16_t port = 250; port <= 500; ++port)
    second.push_back({.from = 1U + port % 40, .port = port, .closed = true});
  slice(1s, first);
  slice(2s, second);
  HostContext other;
  context_.save(1000, [&](std::vector<std::byte>&& piece) {
    EXPECT_FALSE(HostContext().restore(std::span(piece).first(piece.size() - 1)));
    ASSERT_TRUE(other.restore(piece));
  });
  other.restored();
  EXPECT_EQ(other.report().sources, context_.report().sources);
  EXPECT_EQ(other.report().pairs, context_.report().pairs);
  FeatureBatch here = slice_until(3s);
  for (const Connection& connection : first) add(here, row_of(connection));
  FeatureBatch there = here;
  fill(here);
  const HostContext::Rows rows[] = {{&there}};
  other.fill(rows);
  ASSERT_EQ(there.values().size(), here.values().size());
  EXPECT_EQ(std::memcmp(there.values().data(), here.values().data(), here.values().size_bytes()), 0);
  EXPECT_GT(at("src_flows_10s"), 1) << "what came before counts";
}

TEST_F(HostContextTest, a_flood_from_many_sources_is_concentrated_on_a_service_and_on_no_source) {
  std::vector<Connection> flood;
  for (std::uint32_t from = 0; from < 5000; ++from) flood.push_back({.from = 1000 + from, .answered = false});
  slice(1s, flood);
  EXPECT_EQ(at("service_flows_10s"), 5000);
  EXPECT_NEAR(at("service_peers_10s"), 5000, 750);
  EXPECT_LT(at("service_peer_concentration_60s"), 0.01);
  EXPECT_EQ(at("src_flows_10s"), 1);
  EXPECT_EQ(at("service_unanswered_share_60s"), 1);
}

TEST_F(HostContextTest, a_beacon_is_regular_however_slow_and_a_person_is_not) {
  std::mt19937 random(7);
  base::Duration person = 0s;
  for (int i = 0; i < 12; ++i) {
    slice((i + 1) * 90s,
          {{.from = 1, .start = i * 90s + std::chrono::milliseconds(i % 3), .sent = 120, .got = 300, .closed = true}});
  }
  EXPECT_LT(at("pair_recent_gap_std"), 0.01);
  EXPECT_LT(at("pair_recent_fwd_std"), 0.01);
  EXPECT_NEAR(at("pair_recent_gap_mean"), std::log2(90e6), 0.01);
  EXPECT_EQ(at("src_flows_60s"), 1) << "a window of a minute sees one of them at a time";
  for (int i = 0; i < 12; ++i) {
    person += std::chrono::milliseconds(std::lround(std::lognormal_distribution<>(8, 2)(random)));
    slice(
        20min + person,
        {{.from = 9, .start = 20min + person, .sent = std::uniform_int_distribution<std::uint64_t>(50, 5000)(random)}});
  }
  EXPECT_GT(at("pair_recent_gap_std"), 1);
}

TEST_F(HostContextTest, what_happened_slides_out_of_the_windows) {
  slice(10s, std::vector<Connection>(20, {.start = 9s}));
  slice(13s, {{.start = 12s}});
  EXPECT_FLOAT_EQ(at("src_flows_10s"), 1 + 20 * 0.7F);  // 7 of the 10 s before are in the window still
  EXPECT_EQ(at("src_flows_60s"), 21);
  slice(30s, {{.start = 29s}});
  EXPECT_EQ(at("src_flows_10s"), 1);
  EXPECT_EQ(at("src_flows_60s"), 22);
  slice(90s, {{.start = 89s}});
  EXPECT_FLOAT_EQ(at("src_flows_60s"), 1 + 22 * 0.5F);
  slice(200s, {{.start = 199s}});
  EXPECT_EQ(at("src_flows_60s"), 1);
  EXPECT_EQ(at("src_recent_flows"), 16) << "habits look back by connections, not by time";
}

TEST_F(HostContextTest, a_peer_that_comes_again_in_the_next_window_is_still_one_peer) {
  slice(10s, {{.start = 9s}});
  slice(15s, {{.start = 14s}});
  EXPECT_NEAR(at("src_peers_10s"), 1, 0.01);
  slice(16s, {{.to = 3, .start = 15s}});
  EXPECT_NEAR(at("src_peers_10s"), 2, 0.1);
}

TEST_F(HostContextTest, open_connections_are_counted_until_they_close) {
  FeatureBatch batch = slice_until(1s);
  Row slow = row_of({});
  for (int i = 0; i < 30; ++i) add(batch, slow = row_of({}));
  fill(batch);
  EXPECT_EQ(at("service_open"), 30);
  EXPECT_EQ(at("pair_open"), 30);

  FeatureBatch ends = slice_until(2s);
  slow.kind = RowKind::final;
  slow.news = {};
  slow.news.opens = -1;
  add(ends, slow);
  fill(ends);
  EXPECT_TRUE(std::isnan(at("service_open"))) << "a final row without news gets no values";
  slice(3s, {{.answered = false}});
  EXPECT_EQ(at("service_open"), 29);
}

TEST_F(HostContextTest, a_row_counts_what_is_new_in_it_and_a_flow_once) {
  FeatureBatch batch = slice_until(1s);
  Row row = row_of({.sent = 100, .got = 50});
  add(batch, row);
  fill(batch);
  FeatureBatch later = slice_until(10s);
  row.news = {.packets = {10, 10}, .payload_bytes = {1000, 0}};
  add(later, row);
  fill(later);
  EXPECT_EQ(at("pair_flows_10s"), 1);
  EXPECT_EQ(at("pair_packets_10s"), 25);
  EXPECT_EQ(at("pair_fwd_bytes_10s"), 1100);
  EXPECT_EQ(at("pair_bwd_bytes_10s"), 50);
  EXPECT_FLOAT_EQ(at("pair_out_share_60s"), 1100.0F / 1150);
}

TEST_F(HostContextTest, what_goes_to_a_group_of_hosts_is_not_unanswered_and_an_error_is_told_to_its_receiver) {
  Row group = row_of({.port = 5353, .answered = false, .protocol = decode::protocol::kUdp});
  group.flow.dst_ip = *base::IpAddress::parse("224.0.0.251");
  FeatureBatch batch = slice_until(1s);
  add(batch, group);
  fill(batch);
  EXPECT_EQ(at("src_unanswered_share_10s"), 0);

  slice(2s, {{.from = 2, .to = 5, .port = 0, .answered = false, .protocol = decode::protocol::kIcmp, .icmp_type = 3},
             {.from = 5, .to = 2, .port = 161, .start = 1s, .answered = false, .protocol = decode::protocol::kUdp}});
  EXPECT_EQ(at("src_errors_10s"), 3);
  EXPECT_EQ(at("src_errors_per_flow_60s"), 3);
  EXPECT_EQ(at("src_unanswered_share_10s"), 1);
}

TEST_F(HostContextTest, a_flood_of_sources_that_come_once_does_not_displace_the_hosts_that_stay) {
  context_ = HostContext({.max_hosts = 1024});
  for (int second = 1; second <= 3; ++second) {
    slice(std::chrono::seconds(second), {{.from = 1, .start = std::chrono::seconds(second - 1)}});
  }
  const std::uint64_t memory_before = context_.report().memory_bytes;
  std::vector<Connection> flood;
  for (std::uint32_t i = 0; i < 20'000; ++i) flood.push_back({.from = 1000 + i, .start = 4s, .answered = false});
  slice(5s, flood);
  EXPECT_EQ(context_.report().sources, 1024U);
  EXPECT_GT(context_.report().displaced, 18'000U);
  EXPECT_EQ(at("src_flows_10s"), 1);
  slice(6s, {{.from = 1, .start = 5s}});
  EXPECT_EQ(at("src_flows_10s"), 4) << "the first host was kept";
  EXPECT_LT(context_.report().memory_bytes, memory_before + 8'000'000);
}

// Values by flow, so that two ways to bring the same rows can be compared.
using ValuesByFlow = std::map<flow::FlowUid, std::vector<float>>;

void collect(const FeatureBatch& batch, ValuesByFlow& values) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    values[batch.row(i).flow.uid].assign(batch.values(i).begin(), batch.values(i).end());
  }
}

TEST(HostContext, neither_the_order_of_rows_nor_how_workers_shared_them_matters) {
  std::mt19937 random(3);
  const auto any = [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  std::vector<std::vector<Row>> slices(40);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    for (int i = 0; i < 50; ++i) {
      const bool answered = any(3) > 0;
      slices[s].push_back(row_of({.from = any(10),
                                  .to = 20 + any(5),
                                  .port = static_cast<std::uint16_t>(any(30)),
                                  .start = std::chrono::milliseconds(700 * s + any(700)),
                                  .sent = any(2000),
                                  .got = answered ? any(90'000) : 0,
                                  .answered = answered,
                                  .refused = answered && any(4) == 0,
                                  .closed = answered && any(2) == 0}));
    }
  }
  const auto run = [&](int workers, bool shuffle) {
    HostContext context({.max_hosts = 1024});
    ValuesByFlow values;
    for (std::size_t s = 0; s < slices.size(); ++s) {
      std::vector<Row> rows = slices[s];
      if (shuffle) std::shuffle(rows.begin(), rows.end(), random);
      std::vector<FeatureBatch> batches(static_cast<std::size_t>(workers));
      for (std::size_t i = 0; i < rows.size(); ++i) add(batches[i % batches.size()], rows[i]);
      std::vector<HostContext::Rows> parts;
      for (FeatureBatch& batch : batches) {
        batch.tick = kStart + (s + 1) * 700ms;
        parts.push_back({&batch});
      }
      context.fill(parts);
      for (const FeatureBatch& batch : batches) collect(batch, values);
    }
    return values;
  };
  const ValuesByFlow one = run(1, false);
  for (const auto& [workers, shuffle] : {std::pair(1, true), {2, true}, {7, true}}) {
    const ValuesByFlow other = run(workers, shuffle);
    ASSERT_EQ(other.size(), one.size());
    for (const auto& [uid, values] : one) {
      ASSERT_EQ(std::memcmp(values.data(), other.at(uid).data(), values.size() * sizeof(float)), 0)
          << workers << " workers give other values";
    }
  }
}

TEST(HostContext, a_part_of_rows_that_is_not_wanted_counts_for_the_others) {
  HostContext context;
  FeatureBatch overload = slice_until(1s), scored = slice_until(1s);
  add(overload, row_of({}));
  add(scored, row_of({.port = 81}));
  const HostContext::Rows parts[] = {{&overload, false}, {&scored, true}};
  context.fill(parts);
  EXPECT_TRUE(std::isnan(std::as_const(overload).values(0)[feature("src_flows_10s")]));
  EXPECT_EQ(std::as_const(scored).values(0)[feature("src_flows_10s")], 2);
}

TEST(DistinctSketch, is_exact_for_few_and_within_a_quarter_for_very_many) {
  for (const int count : {1, 2, 3, 5}) {
    DistinctSketch sketch;
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < count; ++i) sketch.add(mix(static_cast<std::uint64_t>(i) + 1000));
    }
    EXPECT_NEAR(sketch.estimate(), count, 0.2);
  }
  for (const int count : {50, 500, 10'000, 200'000}) {
    DistinctSketch sketch;
    for (int i = 0; i < count; ++i) sketch.add(mix(static_cast<std::uint64_t>(i) * 7919));
    EXPECT_NEAR(sketch.estimate(), count, 0.25 * count);
  }
}

}  // namespace
}  // namespace weir::features
