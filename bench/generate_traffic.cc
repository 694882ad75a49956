// SPDX-License-Identifier: Apache-2.0
// Writes a synthetic capture for benchmarks: flows of Zipf-distributed sizes, 72 % TCP with handshake and close, DNS-like and
// longer UDP, 10 % IPv6. The same arguments give the same bytes.
//
//   generate_traffic OUT.pcap PACKETS FLOWS SNAPLEN SECONDS SEED [SYNS]
//
// SYNS: in their midst a flood of so many TCP SYNs, each of a random source (10.0.0.0/8) that never comes again.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "tests/support/packet_builder.h"

namespace {

using weir::support::ACK, weir::support::FIN, weir::support::PSH, weir::support::SYN;

struct Settings {
  std::string output;
  std::uint64_t packets, flows;
  std::uint32_t snap_length;
  double seconds;
  std::uint64_t seed;
  std::uint64_t syns;
};

struct Flow {
  std::string client, server;
  std::uint16_t client_port = 0, server_port = 0;
  bool tcp = false, dns = false;
  std::uint32_t size = 0, sent = 0;  // packets
  std::uint32_t client_seq = 0, server_seq = 0;
  double gap_s = 0;                  // mean
};

// One packet as a form, of which only source and port change: a flood is too many to build each anew.
class SynFlood {
 public:
  explicit SynFlood(std::uint64_t seed)
      : seed_(seed),
        form_(weir::support::packet().ethernet().ipv4("10.0.0.0", "198.18.255.1").tcp(0, 80, SYN).build()) {}

  const weir::support::Packet& packet(std::uint64_t number) const {
    constexpr std::size_t kSource = 14 + 12, kPort = 14 + 20;
    const std::uint64_t drawn = (number * 0x9E3779B97F4A7C15 + seed_) >> 24;
    for (std::size_t i = 1; i < 4; ++i) form_.bytes[kSource + i] = static_cast<std::byte>(drawn >> 8 * i);
    form_.bytes[kPort] = static_cast<std::byte>(drawn >> 32 | 0x80);
    form_.bytes[kPort + 1] = static_cast<std::byte>(drawn);
    return form_;
  }

 private:
  const std::uint64_t seed_;
  mutable weir::support::Packet form_;
};

class Generator {
 public:
  explicit Generator(const Settings& settings) : settings_(settings), random_(settings.seed), flows_(settings.flows) {
    share_out_packets();
    for (Flow& flow : flows_) set_up(flow);
  }

  int run() {
    std::FILE* file = std::fopen(settings_.output.c_str(), "wb");
    if (file == nullptr) return std::perror(settings_.output.c_str()), 1;
    const std::uint32_t header[6] = {0xa1b2c3d4, 0x00040002, 0, 0, settings_.snap_length, 1};
    std::fwrite(header, sizeof header, 1, file);
    std::uint64_t written = 0;
    const SynFlood flood(settings_.seed);
    std::uint64_t syns = 0;
    const double syn_gap = settings_.seconds / static_cast<double>(std::max<std::uint64_t>(settings_.syns, 1));
    for (; !due_.empty() || syns < settings_.syns; ++written) {
      const double syn_time = static_cast<double>(syns) * syn_gap;
      if (syns < settings_.syns && (due_.empty() || syn_time <= due_.top().first)) {
        write(file, flood.packet(syns++), syn_time);
        continue;
      }
      const auto [time, number] = due_.top();
      due_.pop();
      Flow& flow = flows_[number];
      write(file, next_packet(flow).build(), time);
      if (++flow.sent < flow.size) due_.push({time - std::log(1 - unit()) * flow.gap_s, number});
    }
    if (std::fclose(file) != 0) return std::perror(settings_.output.c_str()), 1;
    std::printf("%llu packets, %zu flows\n", static_cast<unsigned long long>(written), flows_.size());
    return 0;
  }

 private:
  using Event = std::pair<double, std::uint32_t>;
  static constexpr std::uint64_t kEpochSeconds = 1'750'000'000;

  double unit() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // Zipf with exponent 1.
  void share_out_packets() {
    double harmonic = 0;
    for (std::size_t i = 1; i <= flows_.size(); ++i) harmonic += 1.0 / static_cast<double>(i);
    const double largest = static_cast<double>(settings_.packets) / harmonic;
    double rest = 0;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      const double share = largest / static_cast<double>(i + 1) + rest;
      flows_[i].size = static_cast<std::uint32_t>(std::max(1.0, share));
      rest = share - flows_[i].size;
    }
  }

  void set_up(Flow& flow) {
    flow.tcp = unit() < 0.72;
    flow.dns = !flow.tcp && flow.size <= 3;
    if (flow.dns) flow.size = std::min(flow.size, 2U);
    const auto client = std::to_string(below(250)) + "." + std::to_string(1 + below(250));
    const auto server = std::to_string(1 + below(250));
    const bool v6 = unit() < 0.1;
    flow.client = v6 ? "2001:db8::" + std::to_string(1 + below(5000)) : "198.18." + client;
    flow.server = v6 ? "2001:db8:1::" + server : "198.19." + std::to_string(below(250)) + "." + server;
    flow.client_port = static_cast<std::uint16_t>(20000 + below(45000));
    constexpr std::uint16_t kServices[] = {443, 443, 443, 80, 80, 22, 25, 993, 8080, 3389};
    flow.server_port = flow.tcp ? kServices[below(10)] : flow.dns ? 53 : 443;
    flow.client_seq = static_cast<std::uint32_t>(random_());
    flow.server_seq = static_cast<std::uint32_t>(random_());
    const bool heavy = flow.size > 2000;
    const double start = unit() * settings_.seconds * (heavy ? 0.3 : 0.995);
    const double fits = (settings_.seconds - start) * (heavy ? 0.3 + 0.69 * unit() : 0.98) / flow.size;
    const double usual = 0.02 * std::exp(1.5 * std::normal_distribution<double>()(random_));
    flow.gap_s = heavy ? fits : std::min(fits, usual);
    due_.push({start, static_cast<std::uint32_t>(&flow - flows_.data())});
  }

  weir::support::PacketBuilder next_packet(Flow& flow) {
    if (flow.tcp) return tcp_packet(flow);
    const bool back = flow.dns ? flow.sent == 1 : unit() < 0.55;
    const std::size_t payload = flow.dns ? (back ? 60 : 32) : unit() < 0.3 ? 20 + below(60) : 1200 + below(52);
    auto builder = between(flow, back);
    builder.udp(back ? flow.server_port : flow.client_port, back ? flow.client_port : flow.server_port)
        .payload(payload);
    return builder;
  }

  weir::support::PacketBuilder tcp_packet(Flow& flow) {
    const std::uint32_t i = flow.sent, left = flow.size - flow.sent;
    const bool closes = flow.size >= 7 && left <= 3;
    bool back = unit() < 0.6;
    std::uint8_t flags = ACK;
    std::size_t payload = 0;
    if (i < 3) {
      back = i == 1;
      flags = i == 0 ? SYN : i == 1 ? SYN | ACK : ACK;
    } else if (closes) {
      back = left == 2;
      flags = left == 1 ? ACK : FIN | ACK;
    } else {
      const double kind = unit();
      payload = kind < 0.42 ? 0 : kind < 0.57 ? 50 + below(150) : kind < 0.72 ? 500 + below(100) : 1448;
      if (unit() > 0.9) flags |= PSH;
    }
    std::uint32_t& mine = back ? flow.server_seq : flow.client_seq;
    auto builder = between(flow, back);
    builder.tcp(back ? flow.server_port : flow.client_port, back ? flow.client_port : flow.server_port, flags);
    builder.seq(mine).tcp_options(i < 2 ? 20 : 12).window(static_cast<std::uint16_t>(29200 + below(1000)));
    if (flags & ACK) builder.ack(back ? flow.client_seq : flow.server_seq);
    if (payload > 0) builder.payload(payload);
    mine += static_cast<std::uint32_t>(payload) + ((flags & (SYN | FIN)) != 0);
    return builder;
  }

  static weir::support::PacketBuilder between(const Flow& flow, bool back) {
    auto builder = weir::support::packet();
    builder.ethernet().ip(back ? flow.server : flow.client, back ? flow.client : flow.server);
    return builder;
  }

  void write(std::FILE* file, const weir::support::Packet& packet, double time) const {
    const auto us = static_cast<std::uint64_t>(time * 1e6);
    const auto wire = static_cast<std::uint32_t>(packet.bytes.size());
    const std::uint32_t stored = std::min(wire, settings_.snap_length);
    const std::uint32_t header[4] = {static_cast<std::uint32_t>(kEpochSeconds + us / 1'000'000),
                                     static_cast<std::uint32_t>(us % 1'000'000), stored, wire};
    std::fwrite(header, sizeof header, 1, file);
    std::fwrite(packet.bytes.data(), stored, 1, file);
  }

  const Settings settings_;
  std::mt19937_64 random_;
  std::vector<Flow> flows_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> due_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7 && argc != 8) {
    std::fprintf(stderr, "usage: generate_traffic OUT.pcap PACKETS FLOWS SNAPLEN SECONDS SEED [SYNS]\n");
    return 2;
  }
  const Settings settings{argv[1],
                          std::strtoull(argv[2], nullptr, 10),
                          std::strtoull(argv[3], nullptr, 10),
                          static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10)),
                          std::strtod(argv[5], nullptr),
                          std::strtoull(argv[6], nullptr, 10),
                          argc == 8 ? std::strtoull(argv[7], nullptr, 10) : 0};
  return Generator(settings).run();
}
