// SPDX-License-Identifier: Apache-2.0
// Mean and standard deviation from integer sums: exact up to the last division and root, whatever the order and the size of
// the values. (Welford's method needs a division for each packet, and loses digits on long flows.)
#pragma once

#include <cmath>
#include <cstdint>

namespace weir::features {

struct Moments {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;

  friend Moments operator+(const Moments& a, const Moments& b) {
    return {a.count + b.count, a.sum + b.sum, a.squares + b.squares};
  }
};

// 0 without values.
inline double mean(const Moments& m) {
  return m.count == 0 ? 0 : static_cast<double>(m.sum) / static_cast<double>(m.count);
}

// Sample variance (n - 1); 0 for fewer than two values.
inline double variance(const Moments& m) {
  if (m.count < 2) return 0;
  const auto spread =
      static_cast<unsigned __int128>(m.count) * m.squares - static_cast<unsigned __int128>(m.sum) * m.sum;
  const double scale = static_cast<double>(m.count) * static_cast<double>(m.count - 1);
  // Nearly always it fits 64 bits, from which the conversion is one instruction.
  const auto low = static_cast<std::uint64_t>(spread);
  return (spread == low ? static_cast<double>(low) : static_cast<double>(spread)) / scale;
}

inline double standard_deviation(const Moments& m) { return std::sqrt(variance(m)); }

}  // namespace weir::features
