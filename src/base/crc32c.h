// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), RFC 3720 appendix B.4: the checksum of what lies on disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::base {

namespace crc32c_detail {
consteval std::array<std::uint32_t, 256> table() {
  std::array<std::uint32_t, 256> entries{};
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0);
    entries[i] = crc;
  }
  return entries;
}
inline constexpr auto kTable = table();
}  // namespace crc32c_detail

// `before` continues the checksum of bytes that come first.
constexpr std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  std::uint32_t crc = ~before;
  for (const std::byte b : bytes)
    crc = (crc >> 8) ^ crc32c_detail::kTable[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFF];
  return ~crc;
}

}  // namespace weir::base
