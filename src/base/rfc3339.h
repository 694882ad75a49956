// SPDX-License-Identifier: Apache-2.0
// Times as text: RFC 3339.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weir::base {

// "2026-01-31T08:15:30.000125Z": always UTC, always six decimals.
std::string format_time(Timestamp time);

// The nearest time with a year of four digits, from 1 to 9999: what readers of such text can take.
Timestamp with_four_digit_year(Timestamp time);

// Any offset, none to nine decimals (floored to microseconds), `T` or a space between date and time. No leap second.
std::optional<Timestamp> parse_time(std::string_view text);

}  // namespace weir::base
