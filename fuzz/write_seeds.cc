// SPDX-License-Identifier: Apache-2.0
// Writes the seed inputs: usage `fuzz_seeds fuzz/corpus`. Run it after adding a protocol, and commit what it wrote.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/capture_writer.h"

namespace {

using namespace weir::support;

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  std::printf("%s: %zu bytes\n", path.c_str(), bytes.size());
}

// As decode_fuzz.cc reads them.
int link_index(weir::capture::LinkType type) {
  using weir::capture::LinkType;
  switch (type) {
    case LinkType::null: return 1;
    case LinkType::loop: return 2;
    case LinkType::linux_sll: return 3;
    case LinkType::raw: return 4;
    case LinkType::linux_sll2: return 5;
    default: return 0;
  }
}

Bytes decode_input(const std::vector<Packet>& packets) {
  OrderedBytes out(ByteOrder::big);
  for (const Packet& packet : packets) {
    const auto captured = static_cast<std::uint16_t>(packet.bytes.size());
    const auto link = static_cast<std::byte>(link_index(packet.link_type));
    out.raw({&link, 1}).u16(captured).u16(static_cast<std::uint16_t>(packet.wire_length - captured)).raw(packet.bytes);
  }
  return out.bytes();
}

std::vector<std::pair<std::string, std::vector<Packet>>> seeds() {
  constexpr const char *kA = "10.0.0.1", *kB = "10.0.0.2", *kC = "2001:db8::1", *kD = "2001:db8::2";
  return {
      {"tcp4", {packet().ethernet().ipv4(kA, kB).tcp(1, 2, SYN).tcp_options(12).payload(9).build()}},
      {"qinq_udp6", {packet().ethernet().vlan(3, 0x88A8).vlan(4).ipv6(kC, kD).udp(1, 2).payload(9).build()}},
      {"snap_icmp", {packet().ethernet().snap().ipv4(kA, kB).ip_options(8).icmp(8, 0, 1, 2).payload(9).build()}},
      {"sll_sctp", {packet().sll().ipv4(kA, kB).authentication_header().sctp(1, 2).payload(9).build()}},
      {"sll2_extensions",
       {packet().sll2().ipv6(kC, kD).hop_by_hop().routing().destination_options().icmpv6(128).payload(9).build()}},
      {"null_loop",
       {packet().null_loopback().ipv4(kA, kB).udp(1, 2).build(), packet().loop().ipv6(kC, kD).udp(1, 2).build()}},
      {"fragments4", packet().ethernet().ipv4(kA, kB).udp(1, 2).payload(90).fragments(40, 7)},
      {"fragments6", packet().ipv6(kC, kD).destination_options().tcp(1, 2, ACK).payload(90).fragments(40, 7)},
      {"cut_zero_arp",
       {packet().ethernet().ipv4(kA, kB).tcp(1, 2, ACK).payload(300).total_length(0).cut(60).build(),
        packet().ethernet().arp().build()}},
  };
}

Bytes pcapng_seed(ByteOrder order) {
  const Packet one = packet().at_us(1'000'001).ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(3).build();
  PcapngWriter file(order);
  file.interface({.snap_length = 99, .resolution = 9, .offset_seconds = -1, .ticks_per_second = 1'000'000'000});
  file.packet(one).simple_packet(one).obsolete_packet(one).block(5, Bytes(8));
  file.section(order == ByteOrder::big ? ByteOrder::little : ByteOrder::big).interface({.link_type = 101}).packet(one);
  return file.bytes();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: fuzz_seeds FOLDER\n", stderr), 2;
  const std::filesystem::path folder = arguments[1];
  for (const auto& [name, packets] : seeds()) write(folder / "decode" / name, decode_input(packets));

  const auto packets = seeds()[0].second;
  for (const bool nanoseconds : {false, true}) {
    for (const bool modified : {false, true}) {
      const std::string name = std::string(nanoseconds ? "ns" : "us") + (modified ? "_modified" : "");
      write(folder / "pcap" / (name + "_little"),
            pcap_file(packets, {.nanoseconds = nanoseconds, .modified = modified}));
      write(folder / "pcap" / (name + "_big"),
            pcap_file(packets, {.order = ByteOrder::big, .nanoseconds = nanoseconds, .modified = modified}));
    }
  }
  write(folder / "pcapng" / "little_then_big", pcapng_seed(ByteOrder::little));
  write(folder / "pcapng" / "big_then_little", pcapng_seed(ByteOrder::big));
}
