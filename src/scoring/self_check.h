// SPDX-License-Identifier: Apache-2.0
// SelfCheck: a few rows as measured, with the outputs that training computed for them. A runtime or a processor that
// computes anything else is found before it watches a network.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::scoring {

struct SelfCheck {
  std::size_t rows = 0;
  std::vector<float> values = {};   // [rows, width] before preprocessing, NaN where undefined
  std::vector<float> scores = {};   // [rows]
  std::vector<float> classes = {};  // [rows, labels]; empty without an attack-type model
  double tolerance = 1e-5;          // relative to the larger of 1 and the expected value
};

// `width`: inputs of the models; `labels`: classes of the attack-type model, 0 without one.
base::Result<SelfCheck> parse_self_check(std::string_view json, std::size_t width, std::size_t labels);

}  // namespace weir::scoring
