// SPDX-License-Identifier: Apache-2.0
// Fragments of a few datagrams in any order, size, overlap and time, over IPv4 and IPv6, some of them tunnels: nobody is lost,
// nobody waits for ever, and where the batches are cut makes no difference.
// Input: per fragment 1 byte datagram, 1 byte offset, 1 byte length and "more", 1 byte time since the one before.
#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "base/check.h"
#include "decode/decoder.h"

namespace {

using weir::capture::RawPacket;
using weir::decode::Decoder;
using weir::decode::PacketView;

struct Fragment {
  std::uint8_t datagram, offset, length;
  bool more;
  std::int64_t time_us;
};

std::vector<Fragment> read(std::span<const std::byte> bytes) {
  weir::base::ByteReader input(bytes);
  std::vector<Fragment> fragments;
  std::int64_t time = 0;
  while (input.remaining() >= 4 && fragments.size() < 2000) {
    Fragment one{};
    one.datagram = input.u8();
    one.offset = input.u8();
    const std::uint8_t length = input.u8();
    one.length = length & 0x7F;
    one.more = (length & 0x80) != 0;
    // Also backwards, and far enough to end every wait.
    time += (static_cast<std::int8_t>(input.u8())) * std::int64_t{20'000};
    one.time_us = time;
    fragments.push_back(one);
  }
  return fragments;
}

// Bit 0: the IP version; bits 1 and 2: UDP, TCP, GRE or 59 (nothing follows); the rest: the identifier.
std::vector<std::byte> bytes_of(const Fragment& f) {
  constexpr std::uint8_t kProtocols[] = {17, 6, 47, 59};
  const std::uint8_t protocol = kProtocols[f.datagram >> 1 & 3];
  const std::uint8_t id = f.datagram >> 3;
  std::vector<std::byte> out;
  const auto put = [&](std::initializer_list<int> values) {
    for (const int value : values) out.push_back(static_cast<std::byte>(value));
  };
  const int payload = f.length, offset_high = f.offset >> 5, offset_low = f.offset << 3 & 0xFF;
  if ((f.datagram & 1) == 0) {
    put({0x45, 0, (20 + payload) >> 8, (20 + payload) & 0xFF, 0, id, (f.more ? 0x20 : 0), f.offset, 64, protocol, 0,
         0});
    put({10, 0, 0, 1, 10, 0, 0, 2});
  } else {
    put({0x60, 0, 0, 0, (8 + payload) >> 8, (8 + payload) & 0xFF, 44, 64});
    for (int end = 1; end <= 2; ++end) put({0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, end});
    put({protocol, 0, offset_high, offset_low | (f.more ? 1 : 0), 0, 0, 0, id});
  }
  // Ports 7 and 9, or GRE with IPv4 inside, where it is the beginning.
  std::vector<std::byte> content(static_cast<std::size_t>(payload));
  if (f.offset == 0 && payload >= 40) {
    constexpr int kGre[] = {0, 0, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0,
                            0, 1, 2, 3, 4,    5, 6, 7,  8, 0, 7, 0, 9,  0,  8};
    constexpr int kPorts[] = {0, 7, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0x50};
    std::size_t at = 0;
    if (protocol == 47) {
      for (const int value : kGre) content[at++] = static_cast<std::byte>(value);
    } else {
      for (const int value : kPorts) content[at++] = static_cast<std::byte>(value);
    }
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

void keep(std::vector<PacketView>& all, std::span<const PacketView> views) {
  all.insert(all.end(), views.begin(), views.end());
}

std::vector<PacketView> decoded(const std::vector<RawPacket>& packets, std::size_t batch) {
  Decoder decoder({.fragment_sets = 2, .waiting_fragments = 5});  // soon full
  std::vector<PacketView> all;
  for (std::size_t at = 0; at < packets.size(); at += batch) {
    keep(all, decoder.decode(std::span(packets).subspan(at, std::min(batch, packets.size() - at))));
    const auto& now = decoder.stats();
    WEIR_CHECK(now.packets == now.accepted + now.waiting + now.rejected() && now.accepted == all.size());
  }
  keep(all, decoder.finish());
  const auto& stats = decoder.stats();
  WEIR_CHECK(stats.waiting == 0 && stats.packets == packets.size());
  WEIR_CHECK(stats.packets == stats.accepted + stats.rejected() && stats.accepted == all.size());
  WEIR_CHECK(stats.early_fragments + stats.orphan_fragments <= stats.later_fragments);
  return all;
}

bool same(const PacketView& a, const PacketView& b) {
  return a.time == b.time && a.src == b.src && a.src_port == b.src_port && a.dst_port == b.dst_port &&
         a.ip_bytes == b.ip_bytes && a.payload_bytes == b.payload_bytes && a.protocol == b.protocol &&
         a.later_fragment == b.later_fragment;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto fragments = read(std::as_bytes(std::span(data, size)));
  std::vector<std::vector<std::byte>> bytes;
  std::vector<RawPacket> packets;
  bytes.reserve(fragments.size());
  for (const Fragment& fragment : fragments) {
    bytes.push_back(bytes_of(fragment));
    packets.push_back({.time = weir::base::from_us(fragment.time_us),
                       .data = bytes.back().data(),
                       .captured_length = static_cast<std::uint32_t>(bytes.back().size()),
                       .wire_length = static_cast<std::uint32_t>(bytes.back().size()),
                       .link_type = weir::capture::LinkType::raw});
  }
  const auto at_once = decoded(packets, packets.size() + 1);
  const auto one_by_one = decoded(packets, 1);
  WEIR_CHECK(at_once.size() == one_by_one.size());
  for (std::size_t i = 0; i < at_once.size(); ++i) WEIR_CHECK(same(at_once[i], one_by_one[i]));
  return 0;
}
