// SPDX-License-Identifier: Apache-2.0
// Numbers in the byte order of whoever wrote the file. The caller has checked that the bytes are there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::capture::pcap {

// `swapped`: the writer's order is not this machine's.
inline std::uint16_t load_u16(const std::byte* at, bool swapped) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap16(value) : value;
}
inline std::uint32_t load_u32(const std::byte* at, bool swapped) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap32(value) : value;
}
inline std::uint64_t load_u64(const std::byte* at, bool swapped) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return swapped ? __builtin_bswap64(value) : value;
}

}  // namespace weir::capture::pcap
