// SPDX-License-Identifier: Apache-2.0
// ByteReader: a bounds-checked walk over network bytes (big-endian unless the name says otherwise).
//
// A read beyond the end gives zero, moves nothing and makes the reader not ok(): a decoder reads a whole header and asks
// ok() once. Borrows the bytes; costs one comparison a read.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace weir::base {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - cursor_); }
  std::span<const std::byte> rest() const { return {cursor_, remaining()}; }

  std::uint8_t u8() { return read<std::uint8_t>(); }
  std::uint16_t u16() { return to_host(read<std::uint16_t>()); }
  std::uint32_t u32() { return to_host(read<std::uint32_t>()); }
  std::uint64_t u64() { return to_host(read<std::uint64_t>()); }

  // Copies n = sizeof(destination) bytes, or leaves it untouched.
  template <std::size_t N>
  void copy(std::byte (&destination)[N]) {
    if (const std::byte* from = take(N)) std::memcpy(destination, from, N);
  }

  void skip(std::size_t n) { take(n); }

  // Forgets what lies after the next n bytes (a length field said so); a larger n changes nothing.
  void limit(std::size_t n) {
    if (n < remaining()) end_ = cursor_ + n;
  }

 private:
  const std::byte* take(std::size_t n) {
    if (remaining() < n) [[unlikely]] {
      ok_ = false;
      return nullptr;
    }
    const std::byte* at = cursor_;
    cursor_ += n;
    return at;
  }

  template <class T>
  T read() {
    T value{};
    if (const std::byte* from = take(sizeof(T))) std::memcpy(&value, from, sizeof(T));
    return value;
  }

  static std::uint16_t to_host(std::uint16_t v) { return little() ? __builtin_bswap16(v) : v; }
  static std::uint32_t to_host(std::uint32_t v) { return little() ? __builtin_bswap32(v) : v; }
  static std::uint64_t to_host(std::uint64_t v) { return little() ? __builtin_bswap64(v) : v; }
  static constexpr bool little() { return std::endian::native == std::endian::little; }

  const std::byte* cursor_;
  const std::byte* end_;
  bool ok_ = true;
};

}  // namespace weir::base
