// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/runtime.h"

#include <fmt/format.h>

#include "scoring/onnx/onnx_model.h"

namespace weir::scoring::onnx {

base::Result<> init_runtime() {
  const OrtApiBase* library = OrtGetApiBase();
  const OrtApi* api = library->GetApi(ORT_API_VERSION);
  if (!api) {
    return base::fail(fmt::format("the ONNX Runtime library is {}, too old for weir, which was built for 1.{} or later",
                                  library->GetVersionString(), ORT_API_VERSION));
  }
  Ort::InitApi(api);
  return {};
}

std::string runtime_version() { return OrtGetApiBase()->GetVersionString(); }

}  // namespace weir::scoring::onnx
