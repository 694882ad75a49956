// SPDX-License-Identifier: Apache-2.0
#include "scoring/preprocess.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"

namespace weir::scoring {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// False for NaN and both infinities; compiles to a mask, so that the loops stay free of branches.
bool defined(float x) { return std::abs(x) <= std::numeric_limits<float>::max(); }

}  // namespace

Preprocessor::Preprocessor(Preprocessing preprocessing, std::vector<std::size_t> columns)
    : preprocessing_(std::move(preprocessing)), columns_(std::move(columns)), imputed_(columns_.size()) {}

void Preprocessor::select(std::span<const features::RowView> rows, std::span<float> raw) const {
  const std::size_t n = width();
  WEIR_CHECK(rows.size() * n == raw.size());
  float* to = raw.data();
  for (const features::RowView& row : rows) {
    for (std::size_t j = 0; j < n; ++j) *to++ = row.values[columns_[j]];
  }
}

void Preprocessor::standardise(std::span<const float> raw, std::span<float> input) {
  const std::size_t n = width();
  WEIR_CHECK(raw.size() == input.size() && raw.size() % n == 0);
  const bool has_median = !preprocessing_.median.empty();
  const bool scales = preprocessing_.mode == PreprocessMode::standard;
  for (std::size_t at = 0; at < raw.size(); at += n) {
    const float* from = raw.data() + at;
    float* to = input.data() + at;
    for (std::size_t j = 0; j < n; ++j) imputed_[j] += !defined(from[j]);
    if (scales) {
      const double* median = preprocessing_.median.data();
      const double* mean = preprocessing_.mean.data();
      const double* scale = preprocessing_.scale.data();
      for (std::size_t j = 0; j < n; ++j) {
        const double x = defined(from[j]) ? static_cast<double>(from[j]) : median[j];
        to[j] = static_cast<float>((x - mean[j]) / scale[j]);
      }
    } else {
      for (std::size_t j = 0; j < n; ++j) {
        const float other = has_median ? static_cast<float>(preprocessing_.median[j]) : kNaN;
        to[j] = defined(from[j]) ? from[j] : other;
      }
    }
  }
}

}  // namespace weir::scoring
