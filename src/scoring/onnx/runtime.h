// SPDX-License-Identifier: Apache-2.0
// The one place that includes ONNX Runtime's C++ header, with its API table set by hand: the header's own way calls
// through a null pointer when the library is older than the header.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

#include "base/result.h"

namespace weir::scoring::onnx {

// Before any other call. Fails when the library does not know the API version that weir was built for.
base::Result<> init_runtime();

}  // namespace weir::scoring::onnx
