// SPDX-License-Identifier: Apache-2.0
// Times as the API writes and reads them: RFC 3339.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weir::api {

// "2026-01-31T08:15:30.000125Z": always UTC, always six decimals.
std::string format_time(base::Timestamp time);

// Any offset, none to nine decimals (floored to microseconds), `T` or a space between date and time. No leap second.
std::optional<base::Timestamp> parse_time(std::string_view text);

}  // namespace weir::api
