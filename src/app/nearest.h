// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the known name that is nearest to what somebody wrote.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::app {

// "; the nearest is NAME" for the end of a sentence; empty when no known name is near enough to be what was meant.
std::string nearest_hint(std::string_view written, std::span<const std::string_view> known);

}  // namespace weir::app
