// SPDX-License-Identifier: Apache-2.0
// Sum and difference of times that stop at the ends of what 64 bits hold: a capture's clock may say anything.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace weir::base {

constexpr Timestamp saturating_add(Timestamp time, Duration by) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(to_us(time), by.count(), &sum)) return from_us(sum);
  return by.count() < 0 ? Timestamp::min() : Timestamp::max();
}
constexpr Duration time_between(Timestamp from, Timestamp to) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(to_us(to), to_us(from), &difference)) return Duration(difference);
  return to < from ? Duration::min() : Duration::max();
}
static_assert(saturating_add(Timestamp::min(), Duration(-1)) == Timestamp::min());
static_assert(saturating_add(Timestamp::max(), Duration(1)) == Timestamp::max());
static_assert(time_between(Timestamp::min(), Timestamp::max()) == Duration::max());

}  // namespace weir::base
