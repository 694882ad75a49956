// SPDX-License-Identifier: Apache-2.0
#include "app/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace weir::app {

namespace {

// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_hint(std::string_view written, std::span<const std::string_view> known) {
  if (known.empty()) return "";
  const auto distance = [&](std::string_view name) { return edit_distance(written, name); };
  const std::string_view best = *std::ranges::min_element(known, {}, distance);
  // More than a third of its letters wrong is another word, not a slip.
  if (distance(best) > std::max<std::size_t>(2, written.size() / 3)) return "";
  return fmt::format("; the nearest is {}", best);
}

}  // namespace weir::app
