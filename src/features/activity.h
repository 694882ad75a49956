// SPDX-License-Identifier: Apache-2.0
// Active and idle periods: a gap above kActivityGap is idle time and parts two active periods. An active period of no length
// (a lone packet) does not count. The last period is open until the flow ends: it is added when a row is written.
#pragma once

#include <algorithm>
#include <cstdint>

#include "features/moments.h"

namespace weir::features {

inline constexpr std::uint32_t kActivityGapUs = 5'000'000;
inline constexpr std::uint32_t kSubflowGapUs = 1'000'000;

struct PeriodSums {
  std::uint64_t squares = 0;
  std::uint32_t sum_us = 0;
  std::uint32_t min_us = 0xFFFFFFFF;
  std::uint32_t max_us = 0;
  std::uint32_t count = 0;

  void add(std::uint32_t period_us) {
    squares += std::uint64_t{period_us} * period_us;
    sum_us += period_us;
    min_us = std::min(min_us, period_us);
    max_us = std::max(max_us, period_us);
    ++count;
  }

  Moments moments() const { return {count, sum_us, squares}; }
};

struct Activity {
  PeriodSums active;
  PeriodSums idle;

  // A gap ended the active period that began at active_start_us.
  void add_gap(std::uint32_t active_start_us, std::uint32_t gap_start_us, std::uint32_t gap_us) {
    if (gap_start_us > active_start_us) active.add(gap_start_us - active_start_us);
    idle.add(gap_us);
  }
};

}  // namespace weir::features
