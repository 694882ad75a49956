// SPDX-License-Identifier: Apache-2.0
// Time in weir is packet time: microseconds since 1970-01-01 UTC, taken from the capture, never from the wall clock.
// The same capture therefore gives the same rows at any replay speed. Nanosecond captures are floored to microseconds:
// every feature is defined in microseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir::base {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

constexpr std::int64_t to_us(Timestamp t) { return t.time_since_epoch().count(); }
constexpr Timestamp from_us(std::int64_t us) { return Timestamp(Duration(us)); }

}  // namespace weir::base
