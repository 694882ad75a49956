// SPDX-License-Identifier: Apache-2.0
// What a graph takes and gives, held against what the bundle promises, before the first row.
#pragma once

#include <string>

#include "base/result.h"
#include "scoring/model.h"
#include "scoring/onnx/runtime.h"

namespace weir::scoring::onnx {

struct GraphShape {
  std::string input;
  std::string output;
  bool maps = false;  // the output is a sequence of maps, not a tensor
};

base::Result<GraphShape> check_shape(Ort::Session& session, const ModelSpec& spec);

}  // namespace weir::scoring::onnx
