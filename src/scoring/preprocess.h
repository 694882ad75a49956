// SPDX-License-Identifier: Apache-2.0
// Preprocessor: from catalogue rows to model inputs, exactly as training did it (python/weir/preprocess.py):
//   1. select the bundle's features by name, in its order        -> raw, shown to people
//   2. Inf -> NaN -> training median; each such value is counted
//   3. standard: (x - mean) / scale in double, then float32      -> input of the models
//      in_graph: the value as it is; NaN stays NaN if the bundle gives no medians
// In double, because a mean that is large against its spread loses all digits in float32.
// Cost: one pass of plain loops over contiguous memory, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "features/feature_batch.h"
#include "scoring/manifest.h"

namespace weir::scoring {

class Preprocessor {
 public:
  // `columns`: where in a catalogue row each input stands.
  Preprocessor(Preprocessing preprocessing, std::vector<std::size_t> columns);

  std::size_t width() const { return columns_.size(); }

  // `raw` is [rows, width].
  void select(std::span<const features::RowView> rows, std::span<float> raw) const;

  // `raw` and `input` are [n, width].
  void standardise(std::span<const float> raw, std::span<float> input);

  // How often each feature had to be imputed so far, in input order.
  std::span<const std::uint64_t> imputed() const { return imputed_; }

 private:
  const Preprocessing preprocessing_;
  const std::vector<std::size_t> columns_;
  std::vector<std::uint64_t> imputed_;
};

}  // namespace weir::scoring
