// SPDX-License-Identifier: Apache-2.0
// Gaps between consecutive packets. Their sum need not be kept: it is the time from the first packet to the last.
#pragma once

#include <algorithm>
#include <cstdint>

#include "features/moments.h"

namespace weir::features {

struct GapSums {
  std::uint64_t squares = 0;
  std::uint32_t min_us = 0xFFFFFFFF;
  std::uint32_t max_us = 0;

  void add(std::uint32_t gap_us) {
    squares += std::uint64_t{gap_us} * gap_us;
    min_us = std::min(min_us, gap_us);
    max_us = std::max(max_us, gap_us);
  }

  Moments moments(std::uint32_t gaps, std::uint32_t total_us) const { return {gaps, total_us, squares}; }
};
static_assert(sizeof(GapSums) == 16);

}  // namespace weir::features
