// SPDX-License-Identifier: Apache-2.0
// Model: a function from rows of numbers to rows of numbers, learned elsewhere. The interface that a runtime implements
// (scoring/onnx/); a Model belongs to one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace weir::scoring {

class Model {
 public:
  virtual ~Model() = default;

  // `input` is [rows, width] row by row, `output` is [rows, outputs] likewise. On an error `output` is unspecified.
  virtual base::Result<> run(std::span<const float> input, std::size_t rows, std::span<float> output) = 0;
};

// What the bundle promises about a graph. Everything is borrowed for the length of the call.
struct ModelSpec {
  std::span<const std::byte> graph;
  std::size_t width = 0;                // numbers in a row
  std::string output;                   // its name; empty: the one whose shape fits
  std::span<const std::string> labels;  // empty: one score a row; else one probability for each
};

// Makes a Model that keeps the promise, or says in one sentence why it cannot.
using ModelLoader = std::function<base::Result<std::unique_ptr<Model>>(const ModelSpec&)>;

}  // namespace weir::scoring
