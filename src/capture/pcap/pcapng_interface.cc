// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/pcapng_interface.h"

#include <algorithm>

#include "capture/pcap/byte_order.h"

namespace weir::capture::pcap {

namespace {

constexpr std::uint16_t kEndOfOptions = 0, kResolution = 9, kOffset = 14;

// if_tsresol: a power of ten, or with the highest bit a power of two. 10^19 and 2^63 are the last that 64 bits hold.
std::optional<std::uint64_t> ticks_per_second(std::uint8_t resolution) {
  const int power = resolution & 0x7F;
  if ((resolution & 0x80) != 0) return power <= 63 ? std::optional(std::uint64_t{1} << power) : std::nullopt;
  if (power > 19) return std::nullopt;
  std::uint64_t ticks = 1;
  for (int i = 0; i < power; ++i) ticks *= 10;
  return ticks;
}

// False when the option makes the interface unusable.
bool take_option(PcapngInterface& interface, std::uint16_t code, std::span<const std::byte> value, bool swapped) {
  if (code == kResolution && value.size() >= 1) {
    const auto ticks = ticks_per_second(std::to_integer<std::uint8_t>(value[0]));
    if (!ticks) return false;
    interface.ticks_per_second = *ticks;
  }
  if (code == kOffset && value.size() >= 8) {
    interface.offset_seconds = static_cast<std::int64_t>(load_u64(value.data(), swapped));
  }
  return true;
}

}  // namespace

base::Timestamp PcapngInterface::time(std::uint64_t ticks) const {
  constexpr auto kFarthest = static_cast<__int128>(1) << 60;  // microseconds: 36,000 years
  const auto us = ticks_per_second == 1'000'000
                      ? static_cast<__int128>(ticks)
                      : static_cast<__int128>(static_cast<unsigned __int128>(ticks) * 1'000'000 / ticks_per_second);
  const __int128 shifted = us + static_cast<__int128>(offset_seconds) * 1'000'000;
  return base::from_us(static_cast<std::int64_t>(std::clamp(shifted, -kFarthest, kFarthest)));
}

// link type 2 | reserved 2 | snap length 4 | options: code 2, length 2, value padded to 4
std::optional<PcapngInterface> parse_interface(std::span<const std::byte> body, bool swapped) {
  if (body.size() < 8) return std::nullopt;
  PcapngInterface interface{.link_type = load_u16(body.data(), swapped),
                            .snap_length = load_u32(body.data() + 4, swapped)};
  for (std::span<const std::byte> options = body.subspan(8); options.size() >= 4;) {
    const std::uint16_t code = load_u16(options.data(), swapped);
    const std::size_t length = load_u16(options.data() + 2, swapped);
    if (code == kEndOfOptions || options.size() - 4 < length) break;
    if (!take_option(interface, code, options.subspan(4, length), swapped)) return std::nullopt;
    options = options.subspan(std::min(options.size(), 4 + (length + 3) / 4 * 4));
  }
  return interface;
}

}  // namespace weir::capture::pcap
