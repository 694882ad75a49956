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
    case LinkType::radiotap: return 8;
    case LinkType::ieee802_11: return 9;
    case LinkType::ppp: return 10;
    case LinkType::ppp_hdlc: return 11;
    case LinkType::ppp_ether: return 12;
    case LinkType::cisco_hdlc: return 13;
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

// Two packets in one wireless frame.
Packet aggregate_of_two() {
  constexpr std::size_t kHeader = 26;
  Packet frame = packet().wifi(0x0188).subframe().snap().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(9).build();
  const Bytes second = frame.bytes;
  while ((frame.bytes.size() - kHeader) % 4 != 0) frame.bytes.push_back({});
  frame.bytes.insert(frame.bytes.end(), second.begin() + kHeader, second.end());
  frame.wire_length = static_cast<std::uint32_t>(frame.bytes.size());
  return frame;
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
      {"mpls", {packet().ethernet().mpls(1).mpls(2).ipv4(kA, kB).udp(1, 2).payload(9).build()}},
      {"pseudowire", {packet().ethernet().mpls(1).control_word().ethernet().ipv4(kA, kB).udp(1, 2).payload(9).build()}},
      {"pppoe", {packet().ethernet().pppoe(1).ppp().ipv6(kC, kD).udp(1, 2).payload(9).build()}},
      {"ppp",
       {packet().ppp(true).ipv4(kA, kB).udp(1, 2).build(), packet().ppp_hdlc().ipv4(kA, kB).udp(1, 2).build(),
        packet().cisco_hdlc().ipv4(kA, kB).udp(1, 2).build(), packet().pppoe(1).ppp().ipv4(kA, kB).udp(1, 2).build()}},
      {"radiotap", {packet().radiotap(0x30).wifi(0x8388).subframe().snap().ipv4(kA, kB).udp(1, 2).payload(9).build()}},
      {"wifi", {packet().wifi().snap().ipv4(kA, kB).udp(1, 2).payload(9).build()}},
      {"ipip_6in4", {packet().ipv6(kC, kD).ipv4(kA, kB).ipv6(kC, kD).udp(1, 2).payload(9).build()}},
      {"gre",
       {packet()
            .ipv4(kA, kB)
            .gre()
            .gre_checksum()
            .gre_key(9)
            .gre_sequence(8)
            .ethernet()
            .ipv4(kA, kB)
            .udp(1, 2)
            .build()}},
      {"pptp", {packet().ipv4(kA, kB).pptp(4).ppp_hdlc().ipv4(kA, kB).udp(1, 2).build()}},
      {"erspan",
       {packet().ipv4(kA, kB).erspan1().ethernet().ipv4(kA, kB).udp(1, 2).build(),
        packet().ipv4(kA, kB).erspan2(4, 7).ethernet().ipv4(kA, kB).udp(1, 2).build(),
        packet().ipv4(kA, kB).erspan3(4, true).ethernet().ipv4(kA, kB).udp(1, 2).build()}},
      {"vxlan",
       {packet().ipv4(kA, kB).udp(1, 4789).vxlan(4).ethernet().ipv4(kA, kB).udp(1, 2).build(),
        packet().ipv4(kA, kB).udp(1, 4790).vxlan_gpe(4).mpls(3).ipv4(kA, kB).udp(1, 2).build()}},
      {"geneve", {packet().ipv4(kA, kB).udp(1, 6081).geneve(4, 3).ethernet().vlan(4).ipv4(kA, kB).udp(1, 2).build()}},
      {"gtp_u", {packet().ipv4(kA, kB).udp(2152, 2152).gtp_u(4).gtp_extension(2).ipv4(kA, kB).udp(1, 2).build()}},
      {"teredo",
       {packet()
            .ipv4(kA, kB)
            .udp(1, 3544)
            .teredo_authentication()
            .teredo_origin()
            .ipv6("2001::1", kD)
            .udp(1, 2)
            .build()}},
      {"etherip", {packet().ipv4(kA, kB).etherip().ethernet().ipv4(kA, kB).udp(1, 2).payload(9).build()}},
      {"l2tp",
       {packet().ipv4(kA, kB).udp(1, 1701).l2tp(4, true).ppp().ipv4(kA, kB).udp(1, 2).build(),
        packet().ipv4(kA, kB).udp(1701, 1).l2tp3(4, 4, true).ethernet().ipv4(kA, kB).udp(1, 2).build(),
        packet().ipv6(kC, kD).l2tp3(4, 8).ppp_hdlc().ipv6(kC, kD).udp(1, 2).build()}},
      {"nsh",
       {packet().ethernet().nsh().ipv4(kA, kB).udp(1, 2).payload(9).build(),
        packet().ipv4(kA, kB).gre().nsh(0).ethernet().ipv4(kA, kB).udp(1, 2).build()}},
      {"aggregate", {aggregate_of_two()}},
      {"cut_zero_arp",
       {packet().ethernet().ipv4(kA, kB).tcp(1, 2, ACK).payload(300).total_length(0).cut(60).build(),
        packet().ethernet().arp().build()}},
  };
}

// As fragments_fuzz.cc reads them: datagram, offset in 8 bytes, length with "more" in the highest bit, time in 20 ms.
std::vector<std::pair<std::string, std::vector<int>>> fragment_seeds() {
  return {
      {"in_order", {8, 0, 0xC0, 0, 8, 8, 0xC0, 1, 8, 16, 0x20, 1}},
      {"reversed", {9, 16, 0x20, 0, 9, 8, 0xC0, 1, 9, 0, 0xC0, 1}},
      {"waits_in_vain", {8, 16, 0x20, 0, 16, 0, 0xC0, 60, 8, 8, 0xC0, 1}},
      {"overlapping", {8, 0, 0xC0, 0, 8, 4, 0xC0, 0, 8, 0, 0xC0, 0, 8, 2, 0x40, 0}},
      {"tunnel", {12, 8, 0x40, 0, 12, 0, 0xC0, 1, 12, 8, 0x40, 1}},
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

  for (const auto& [name, values] : fragment_seeds()) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    write(folder / "fragments" / name, bytes);
  }

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
