// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/runtime.h"

#include <fmt/format.h>

#include "scoring/onnx/onnx_model.h"

namespace weir::scoring::onnx {

base::Result<> init_runtime() {
  // Once for the process: a reload loads models while others run, and those read what InitApi() writes.
  static const OrtApi* const api = [] {
    const OrtApi* found = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    if (found != nullptr) Ort::InitApi(found);
    return found;
  }();
  if (api == nullptr) {
    return base::fail(fmt::format("the ONNX Runtime library is {}, too old for weir, which was built for 1.{} or later",
                                  runtime_version(), ORT_API_VERSION));
  }
  return {};
}

std::string runtime_version() { return OrtGetApiBase()->GetVersionString(); }

}  // namespace weir::scoring::onnx
