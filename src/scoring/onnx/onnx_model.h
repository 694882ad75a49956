// SPDX-License-Identifier: Apache-2.0
// ONNX graphs as scoring::Model, run by ONNX Runtime on the calling thread. Nothing of the runtime, neither its types
// nor its exceptions, leaves this folder.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "scoring/model.h"

namespace weir::scoring::onnx {

// A ModelLoader. Takes any graph with one float32 input [N, width] and, among its outputs,
//   a score:          float32 [N] or [N, 1]
//   or probabilities: float32 [N, labels], or a sequence of N maps from class index or label to float32, as the
//                     converters of scikit-learn and LightGBM write
base::Result<std::unique_ptr<Model>> load_model(const ModelSpec& spec);

// Of the library that is loaded, such as "1.22.1".
std::string runtime_version();

}  // namespace weir::scoring::onnx
