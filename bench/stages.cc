// SPDX-License-Identifier: Apache-2.0
// How far into the packet path one goes: what each stage adds to the cost of those before it.
//
//   stages read|decode|hash|meter FILE       reads a capture to its end, and stops after that stage
//
//   read     records of the file, as weir's own reader gives them
//   decode   headers of each packet
//   hash     its flow key and the key's hash: the limit for whatever keeps a table
//   meter    flows, features, rows: what `weir extract --count` does, without its account
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "capture/pcap/open_file.h"
#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "flow/flow_hash.h"

namespace {

using namespace weir;

struct Totals {
  std::uint64_t packets = 0;
  std::uint64_t sum = 0;  // depends on all that was read, so that nothing is optimised away
};

using Stage = std::function<void(std::span<const capture::RawPacket>, Totals&)>;

void read(std::span<const capture::RawPacket> packets, Totals& totals) {
  for (const capture::RawPacket& packet : packets) totals.sum += packet.captured_length;
}

Stage stage_of(std::string_view name, decode::Decoder& decoder, const flow::FlowHash& hash,
               features::FlowMeter& meter) {
  if (name == "read") return read;
  if (name == "decode") {
    return [&](auto packets, Totals& totals) {
      for (const decode::PacketView& view : decoder.decode(packets)) totals.sum += view.payload_bytes;
    };
  }
  if (name == "hash") {
    return [&](auto packets, Totals& totals) {
      for (const decode::PacketView& view : decoder.decode(packets)) totals.sum += hash(flow::key_of(view).key);
    };
  }
  if (name == "meter") return [&](auto packets, Totals&) { meter.add(decoder.decode(packets)); };
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  decode::Decoder decoder;
  const flow::FlowHash hash;
  Totals totals;
  features::MeterConfig config;
  config.interim = false;
  config.max_flows = 8'000'000;
  features::FlowMeter meter(config, [&](features::FeatureBatch& rows) { totals.sum += rows.size(); });
  const Stage stage = argc == 3 ? stage_of(argv[1], decoder, hash, meter) : Stage{};
  if (!stage) return std::fputs("usage: stages read|decode|hash|meter FILE\n", stderr), 2;

  const auto started = std::chrono::steady_clock::now();
  auto source = capture::pcap::open_file(argv[2]);
  if (!source) return fmt::print(stderr, "stages: {}\n", source.error().message()), 1;
  for (auto state = capture::PacketSource::State::open; state == capture::PacketSource::State::open;) {
    const auto batch = (*source)->next(std::chrono::seconds(1));
    if (!batch) return fmt::print(stderr, "stages: {}\n", batch.error().message()), 1;
    state = batch->state;
    totals.packets += batch->packets.size();
    stage(batch->packets, totals);
  }
  meter.add(decoder.finish());
  meter.finish(flow::EndReason::forced);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{} packets, {} : {:.3f} s\n", totals.packets, totals.sum, seconds);
  return 0;
}
