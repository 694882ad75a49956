// SPDX-License-Identifier: Apache-2.0
// Models for tests: what a graph would be, as a function over one row of inputs.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scoring/model.h"

namespace weir::scoring {

class FunctionModel final : public Model {
 public:
  using Row = std::span<const float>;
  using Function = std::function<std::vector<float>(Row)>;

  explicit FunctionModel(Function function) : function_(std::move(function)) {}

  base::Result<> run(std::span<const float> input, std::size_t rows, std::span<float> output) override {
    ++runs;
    rows_seen += rows;
    if (!failure.empty()) return base::fail(failure);
    const std::size_t width = input.size() / rows;
    const std::size_t outputs = output.size() / rows;
    for (std::size_t i = 0; i < rows; ++i) {
      const std::vector<float> values = function_(input.subspan(i * width, width));
      std::copy(values.begin(), values.end(), output.begin() + static_cast<std::ptrdiff_t>(i * outputs));
    }
    return {};
  }

  int runs = 0;
  std::size_t rows_seen = 0;
  std::string failure;  // not empty: every run fails with it

 private:
  Function function_;
};

}  // namespace weir::scoring
