// SPDX-License-Identifier: Apache-2.0
#include "scoring/verdict.h"

#include <algorithm>
#include <array>

namespace weir::scoring {

namespace {
constexpr std::array<std::string_view, 3> kStatusNames = {"normal", "unscored", "anomaly"};
constexpr std::array<std::string_view, 4> kReasonNames = {"", "model_failed", "output_not_finite", "overload"};
}  // namespace

std::string_view to_string(Status status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::optional<Status> parse_status(std::string_view text) {
  const auto found = std::find(kStatusNames.begin(), kStatusNames.end(), text);
  if (found == kStatusNames.end()) return std::nullopt;
  return static_cast<Status>(found - kStatusNames.begin());
}

std::string_view to_string(UnscoredReason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

}  // namespace weir::scoring
