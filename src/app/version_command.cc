// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/registry.h"
#include "features/schema.h"
#include "scoring/onnx/onnx_model.h"

namespace weir::app {

int print_version(bool json) {
  const std::string catalogue = sensor_contract(Config{}).catalogue_hash;
  if (json) {
    const nlohmann::json out = {{"weir", WEIR_VERSION},
                                {"catalogue_hash", catalogue},
                                {"features", features::kFeatureCount},
                                {"onnxruntime", scoring::onnx::runtime_version()}};
    fmt::print("{}\n", out.dump(2));
  } else {
    fmt::print("weir {}\nfeature catalogue {} ({} features)\nonnxruntime {}\n", WEIR_VERSION, catalogue,
               features::kFeatureCount, scoring::onnx::runtime_version());
  }
  return kDone;
}

}  // namespace weir::app
