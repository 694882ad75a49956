// SPDX-License-Identifier: Apache-2.0
#include "fuzz/format_fuzz.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "capture/pcap/format.h"

namespace weir::fuzz {

namespace {

using capture::RawPacket;
using capture::pcap::Format;
using capture::pcap::PacketList;

struct Reading {
  std::size_t packets = 0;
  std::uint64_t digest = 0;
  std::optional<std::string> end;

  friend bool operator==(const Reading&, const Reading&) = default;
};

void take(Reading& reading, const RawPacket& packet, std::span<const std::byte> window) {
  WEIR_CHECK(packet.captured_length <= capture::pcap::kLargestPacket);
  WEIR_CHECK(packet.captured_length <= packet.wire_length);
  WEIR_CHECK(packet.data >= window.data() && packet.data + packet.captured_length <= window.data() + window.size());
  ++reading.packets;
  const auto mix = [&](std::uint64_t value) { reading.digest = (reading.digest ^ value) * 0x100000001B3; };
  mix(static_cast<std::uint64_t>(base::to_us(packet.time)));
  mix(packet.wire_length);
  mix(static_cast<std::uint64_t>(packet.link_type));
  for (const std::byte b : packet.bytes()) mix(std::to_integer<std::uint64_t>(b));
}

// Shows the file in windows that grow by `step`.
std::optional<Reading> read(std::span<const std::byte> file, std::size_t step) {
  auto format = capture::pcap::recognise(file.first(std::min(file.size(), capture::pcap::kFormatHeader)));
  if (!format) return std::nullopt;
  Reading reading;
  PacketList list;
  std::size_t at = 0;
  // The first window must hold the file's header, as the source of a file sees to.
  for (std::size_t shown = std::min(file.size(), std::max(step, capture::pcap::kFormatHeader));;) {
    list.clear();
    // A copy: AddressSanitizer sees a read beyond the window.
    const std::vector<std::byte> window(file.begin() + static_cast<std::ptrdiff_t>(at),
                                        file.begin() + static_cast<std::ptrdiff_t>(shown));
    const auto parsed = (*format)->parse(window, at, list);
    if (!parsed) {
      reading.end = parsed.error().message();
      return reading;
    }
    WEIR_CHECK(parsed->consumed <= window.size());
    at += parsed->consumed;
    for (const RawPacket& packet : list.view()) take(reading, packet, window);
    reading.end = parsed->damage;
    if (reading.end) return reading;
    if (!list.view().empty()) continue;
    if (shown == file.size()) break;
    shown = std::min(file.size(), shown + step);
  }
  reading.end = (*format)->cut_short(file.subspan(at), at);
  return reading;
}

}  // namespace

void check_format(std::span<const std::byte> file) {
  const auto whole = read(file, file.size());
  if (!whole) return;
  WEIR_CHECK(read(file, 1 + file.size() / 7) == whole);
  if (file.size() < 2000) WEIR_CHECK(read(file, 1) == whole);
}

}  // namespace weir::fuzz
