// SPDX-License-Identifier: Apache-2.0
// The live path at the highest rate that this machine can send to itself: a veth pair between two network namespaces of its
// own (no address, no way out), one thread that sends, one ring and thread for each worker that captures, decodes and meters.
//
//   live_rate [SECONDS 5] [WORKERS 1] [RING_MB 64] [FRAME_BYTES 98]      needs root
//
// Prints what was sent, captured and dropped, and the processor time of the workers for each packet.
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "capture/afpacket/afpacket_source.h"
#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "tests/live/network_namespace.h"

namespace {

using namespace weir;
using namespace std::chrono_literals;

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Worker {
  std::unique_ptr<capture::PacketSource> source;
  std::uint64_t in_flows = 0;
  double cpu_s = 0;
  std::thread thread;
};

void capture_until(Worker& worker, const std::atomic<bool>& sent) {
  decode::Decoder decoder;
  features::FlowMeter meter(features::MeterConfig{}, [](features::FeatureBatch&) {});
  for (int quiet = 0; quiet < 5;) {
    const auto batch = worker.source->next(100ms);
    if (!batch) break;
    quiet = sent && batch->packets.empty() ? quiet + 1 : 0;
    meter.add(decoder.decode(batch->packets));
  }
  meter.finish(flow::EndReason::forced);
  worker.in_flows = meter.counters().packets;
  worker.cpu_s = thread_cpu_seconds();
}

// Talks of 4096 flows, both ways.
std::vector<support::Packet> frames(std::size_t bytes) {
  std::vector<support::Packet> frames;
  for (std::uint32_t i = 0; i < 8192; ++i) {
    const bool back = i % 2 == 1;
    const auto port = static_cast<std::uint16_t>(20'000 + i / 2);
    auto frame = support::packet().ethernet();
    frame.ipv4(back ? "198.18.0.2" : "198.18.0.1", back ? "198.18.0.1" : "198.18.0.2");
    frames.push_back(frame.udp(back ? 443 : port, back ? port : 443).payload(bytes - 42).build());
  }
  return frames;
}

std::size_t argument(int argc, char** argv, int at, std::size_t otherwise) {
  return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds duration(argument(argc, argv, 1, 5));
  const std::size_t count = argument(argc, argv, 2, 1), ring_mb = argument(argc, argv, 3, 64);
  const std::vector<support::Packet> sending = frames(argument(argc, argv, 4, 98));
  std::string why;
  const auto network = live::TwoNamespaces::create(why);
  if (!network) return fmt::print(stderr, "live_rate: {}\n", why), 1;

  std::vector<Worker> workers(count);
  for (Worker& worker : workers) {
    capture::afpacket::AfPacketConfig config{.interface = "weir-rx", .ring_bytes = ring_mb << 20};
    if (count > 1) config.fanout_group = std::uint16_t{7};
    auto source = capture::afpacket::open_afpacket(config);
    if (!source) return fmt::print(stderr, "live_rate: {}\n", source.error().message()), 1;
    worker.source = std::move(*source);
  }
  std::atomic<bool> sent = false;
  for (Worker& worker : workers) worker.thread = std::thread([&worker, &sent] { capture_until(worker, sent); });

  const auto start = std::chrono::steady_clock::now();
  std::uint64_t packets = 0;
  while (std::chrono::steady_clock::now() - start < duration) {
    network->send(sending);
    packets += sending.size();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  sent = true;
  std::uint64_t captured = 0, dropped = 0, in_flows = 0;
  double cpu_s = 0;
  for (Worker& worker : workers) {
    worker.thread.join();
    const capture::SourceStats stats = worker.source->stats();
    captured += stats.packets;
    dropped += stats.kernel_drops;
    in_flows += worker.in_flows;
    cpu_s += worker.cpu_s;
  }
  fmt::print("{} workers, {} MiB rings: sent {} in {:.2f} s ({:.0f} packets/s); captured {}, dropped {}, in flows {}; ",
             count, ring_mb, packets, seconds, static_cast<double>(packets) / seconds, captured, dropped, in_flows);
  fmt::print("{:.0f} ns of CPU a packet\n", cpu_s * 1e9 / static_cast<double>(captured));
  return captured + dropped == packets && in_flows == captured ? 0 : 1;
}
