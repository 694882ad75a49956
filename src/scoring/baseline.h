// SPDX-License-Identifier: Apache-2.0
// Baseline: what each input looked like in benign training rows. Explanations compare with it; drift is measured by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::scoring {

struct FeatureBaseline {
  float median = 0;
  float low = 0, high = 0;                 // 1st and 99th percentile
  double defined = 1;                      // share of rows in which the feature had a value
  std::vector<double> edges = {};          // bins of the histogram: edges[i] <= x < edges[i + 1], the last one closed
  std::vector<std::uint64_t> counts = {};  // one fewer than edges; both empty when never defined
};

struct Baseline {
  std::uint64_t rows = 0;
  std::vector<FeatureBaseline> features = {};  // in the order of the model's inputs
};

// `names`: the model's inputs; the file must have exactly these, in this order.
base::Result<Baseline> parse_baseline(std::string_view json, std::span<const std::string> names);

}  // namespace weir::scoring
