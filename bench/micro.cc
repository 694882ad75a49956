// SPDX-License-Identifier: Apache-2.0
// Microbenchmarks of the packet path: what one packet, one lookup, one row costs, apart from files and from each other.
//
//   micro [--benchmark_filter=REGEX]
//
// `meter` also answers how the cost grows with the number of open flows: packets of flows drawn at random, all flows open from
// the beginning, so that nearly each packet meets a record that is in no cache.
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <vector>

#include "base/number_text.h"
#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "flow/flow_hash.h"
#include "flow/flow_table.h"
#include "tests/support/packet_builder.h"

namespace {

using namespace weir;

// --- decode

void decode_kind(benchmark::State& state, const support::PacketBuilder& builder) {
  const support::Packet packet = builder.build();
  const capture::RawPacket raw = packet.raw();
  decode::Decoder decoder;
  decode::PacketView view;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.decode(raw, view));
    benchmark::DoNotOptimize(view);
  }
  state.SetItemsProcessed(state.iterations());
}

support::PacketBuilder ipv4() { return support::packet().ethernet().ipv4("198.18.0.1", "198.18.0.2"); }
support::PacketBuilder ipv6() { return support::packet().ethernet().ipv6("2001:db8::1", "2001:db8::2"); }

void decode_ipv4_tcp(benchmark::State& state) {
  decode_kind(state, ipv4().tcp(51515, 443, support::ACK).tcp_options(12).payload(100));
}
void decode_ipv4_udp(benchmark::State& state) { decode_kind(state, ipv4().udp(51515, 53).payload(40)); }
void decode_ipv6_tcp(benchmark::State& state) { decode_kind(state, ipv6().tcp(51515, 443, support::ACK).payload(100)); }
void decode_vlan_udp(benchmark::State& state) {
  decode_kind(state, support::packet().ethernet().vlan(7).ipv4("198.18.0.1", "198.18.0.2").udp(1, 2).payload(40));
}
BENCHMARK(decode_ipv4_tcp);
BENCHMARK(decode_ipv4_udp);
BENCHMARK(decode_ipv6_tcp);
BENCHMARK(decode_vlan_udp);

// --- packets of many flows, made as cheaply as can be

std::uint64_t scrambled(std::uint64_t n) {  // splitmix64
  n += 0x9E3779B97F4A7C15;
  n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9;
  n = (n ^ (n >> 27)) * 0x94D049BB133111EB;
  return n ^ (n >> 31);
}

void set_ends(decode::PacketView& packet, std::uint64_t flow) {
  packet.src = base::IpAddress::v4(0x0A000000 + static_cast<std::uint32_t>(flow));
  packet.src_port = static_cast<std::uint16_t>(1024 + flow % 60'000);
}

decode::PacketView packet_to_a_server() {
  decode::PacketView packet;
  packet.dst = base::IpAddress::v4(0xC6120001);
  packet.dst_port = 443;
  packet.protocol = decode::protocol::kTcp;
  packet.tcp_flags = decode::tcp_flag::kAck;
  packet.l4_header_bytes = 32;
  packet.ip_bytes = 152;
  packet.payload_bytes = 100;
  packet.time = base::from_us(1'700'000'000'000'000);
  return packet;
}

// --- table

void key_and_hash(benchmark::State& state) {
  decode::PacketView packet = packet_to_a_server();
  const flow::FlowHash hash;
  std::uint64_t n = 0;
  for (auto _ : state) {
    set_ends(packet, ++n);
    benchmark::DoNotOptimize(hash(flow::key_of(packet).key));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(key_and_hash);

struct Nothing {
  std::uint64_t number = 0;
};

void table_find(benchmark::State& state) {
  const auto flows = static_cast<std::uint64_t>(state.range(0));
  flow::FlowTable<Nothing> table;
  const flow::FlowHash hash;
  decode::PacketView packet = packet_to_a_server();
  const auto key_of = [&packet](std::uint64_t flow) {
    set_ends(packet, flow);
    return flow::key_of(packet).key;
  };
  for (std::uint64_t i = 0; i < flows; ++i) {
    const flow::FlowKey key = key_of(i);
    table.insert(key, hash(key));
  }
  std::uint64_t n = 0;
  for (auto _ : state) {
    const flow::FlowKey key = key_of(scrambled(++n) % flows);
    benchmark::DoNotOptimize(table.find(key, hash(key)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(table_find)->Arg(10'000)->Arg(1'000'000);

// --- meter

void meter(benchmark::State& state) {
  const auto flows = static_cast<std::uint64_t>(state.range(0));
  features::MeterConfig config;
  config.interim = false;
  config.max_flows = 8'000'000;
  config.idle_timeout = config.active_timeout = std::chrono::hours(1);
  features::FlowMeter meter(config, [](features::FeatureBatch&) {});
  constexpr std::size_t kBatch = 256;
  std::vector<decode::PacketView> packets(kBatch, packet_to_a_server());
  std::uint64_t n = 0;
  // Beyond a flow's first packets, which are kept one by one: else few flows, which soon are, would be compared with many, which
  // never get there.
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t i = 0; i < flows; i += kBatch) {
      for (std::size_t k = 0; k < kBatch; ++k) set_ends(packets[k], (i + k) % flows);
      meter.add(packets);
    }
  }
  for (auto _ : state) {
    for (decode::PacketView& packet : packets) set_ends(packet, scrambled(++n) % flows);
    meter.add(packets);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(meter)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Arg(4'000'000)->Iterations(8000);

// --- rows

void short_flows(benchmark::State& state) {
  features::MeterConfig config;
  config.interim = false;
  std::uint64_t rows = 0;
  features::FlowMeter meter(config, [&rows](features::FeatureBatch& batch) { rows += batch.size(); });
  std::array<decode::PacketView, 256> packets;
  packets.fill(packet_to_a_server());
  std::uint64_t n = 0;
  for (auto _ : state) {
    for (decode::PacketView& packet : packets) set_ends(packet, ++n);
    meter.add(packets);
    meter.finish(flow::EndReason::forced);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}
BENCHMARK(short_flows);

void number_text(benchmark::State& state, bool whole, bool standard) {
  std::mt19937 random(1);
  std::array<float, 1024> values;
  for (float& value : values) {
    value = static_cast<float>(random() % 5000);
    if (!whole) value /= 7;
  }
  char text[base::kLongestNumber];
  std::size_t i = 0;
  for (auto _ : state) {
    const float value = values[++i % values.size()];
    char* const end = standard ? std::to_chars(text, text + sizeof text, value).ptr : base::write_number(text, value);
    benchmark::DoNotOptimize(end);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(number_text, whole, true, false);
BENCHMARK_CAPTURE(number_text, whole_by_to_chars, true, true);
BENCHMARK_CAPTURE(number_text, fractions, false, false);

}  // namespace

BENCHMARK_MAIN();
