// SPDX-License-Identifier: Apache-2.0
// Any sequence of packets through the fast meter and the plain one: the same rows, or the fuzzer has found something.
// Input: 1 byte of timeouts, then 8 bytes a packet:
//
//   ends and protocol | gap | flags | payload | sequence | acknowledgement | header | fragment, VLAN, tunnel, window
//
// Few ends and services, so that packets meet in flows; gaps and sizes on both sides of each boundary that there is.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "tests/golden/oracle.h"

namespace {

using namespace weir;
using namespace std::chrono_literals;

constexpr std::size_t kMostPackets = 160;  // the plain meter takes the square of it
constexpr std::size_t kPacketBytes = 8;

features::MeterConfig config_of(std::uint8_t choice) {
  features::MeterConfig config;
  config.interim = (choice & 1) != 0;
  if (choice & 2) config.idle_timeout = 3s;
  if (choice & 4) config.active_timeout = 25s;
  if (choice & 8) config.linger = 0s;
  if (choice & 16) config.tick = 700ms;
  if (choice & 32) config.idle_timeout = config.tick;
  return config;
}

std::int64_t gap_us(std::uint8_t choice) {
  constexpr std::int64_t kGaps[] = {0,           1,          2,          1000,        20'000,      400'000,
                                    999'999,     1'000'000,  1'000'001,  2'999'999,   3'000'000,   3'000'001,
                                    4'999'999,   5'000'000,  5'000'001,  9'999'999,   10'000'000,  10'000'001,
                                    25'000'000,  25'000'001, 35'000'000, 119'999'999, 120'000'000, 120'000'001,
                                    700'000'000, -1,         -999'999,   -5'000'001,  -15'000'000, -130'000'000};
  if (choice < 128) return choice;
  return kGaps[choice % std::size(kGaps)];
}

std::uint32_t payload(std::uint8_t choice) {
  constexpr std::uint32_t kSizes[] = {0, 0, 1, 2, 100, 536, 1448, 1500, 65'535, 65'536, 100'000};
  return choice < 64 ? choice : kSizes[choice % std::size(kSizes)];
}

decode::PacketView packet_of(std::span<const std::uint8_t> bytes, std::int64_t now_us) {
  constexpr std::uint8_t kProtocols[] = {6, 6, 6, 17, 1, 58, 132, 47};
  decode::PacketView p;
  p.time = base::from_us(now_us);
  const std::uint8_t ends = bytes[0];
  const std::uint32_t a = ends & 1U, b = ends >> 1 & 1U;
  p.protocol = kProtocols[ends >> 2 & 7];
  p.ip_version = (ends & 0x20) != 0 ? 6 : 4;
  p.src = base::IpAddress::v4(0xC6120000 + a);
  p.dst = base::IpAddress::v4(0xC6120000 + b);
  const bool ports = p.protocol == decode::protocol::kTcp || p.protocol == decode::protocol::kUdp;
  if (ports) {
    p.src_port = static_cast<std::uint16_t>(80 + a + (ends >> 6));
    p.dst_port = static_cast<std::uint16_t>(80 + b + (ends >> 6));
  }
  p.payload_bytes = payload(bytes[3]);
  p.ip_bytes = p.payload_bytes + 40;
  const std::uint8_t rest = bytes[7];
  p.later_fragment = (rest & 0x07) == 7;
  p.vlan = (rest & 0x08) != 0 ? std::uint16_t{7} : decode::kNoVlan;
  p.tunnel_id = (rest & 0x18) == 0x18 ? 9 : 0;
  if (p.later_fragment) return p;
  p.l4_header_bytes = static_cast<std::uint16_t>(bytes[6] % 16 * 4);
  p.icmp_type = p.protocol == 1 || p.protocol == 58 ? bytes[2] : std::uint8_t{0};
  p.icmp_code = p.protocol == 1 || p.protocol == 58 ? bytes[4] : std::uint8_t{0};
  if (p.protocol != decode::protocol::kTcp) return p;
  p.tcp_flags = bytes[2];
  p.tcp_window = static_cast<std::uint16_t>(rest >> 5 << 13);
  p.tcp_seq = 0xFFFFFF80 + bytes[4] + (bytes[6] >> 4) * 1448U;  // around the end of the numbers
  p.tcp_ack = 0xFFFFFF80 + bytes[5] + (bytes[6] >> 4) * 1448U;
  return p;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 + kPacketBytes) return 0;
  const features::MeterConfig config = config_of(data[0]);
  std::vector<decode::PacketView> packets;
  std::int64_t now_us = 1'700'000'005'000'000;
  for (std::size_t at = 1; at + kPacketBytes <= size && packets.size() < kMostPackets; at += kPacketBytes) {
    const std::span bytes(data + at, kPacketBytes);
    now_us += gap_us(bytes[1]);
    packets.push_back(packet_of(bytes, now_us));
  }
  const std::string difference = golden::difference(packets, config);
  if (!difference.empty()) {
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
