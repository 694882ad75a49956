// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/commands.h"
#include "app/paths.h"
#include "app/registry.h"
#include "scoring/describe.h"
#include "scoring/verify.h"

namespace weir::app {

int inspect_model(const ModelArguments& arguments) {
  const auto dir = model_dir(arguments.dir);
  if (!dir) return report(dir.error());
  const auto bundle = scoring::read_bundle(*dir);
  if (!bundle) return report(bundle.error());
  fmt::print("{}", arguments.json ? scoring::describe_json(*bundle) + "\n" : scoring::describe(*bundle));
  return kDone;
}

int verify_model(const ModelArguments& arguments) {
  const auto dir = model_dir(arguments.dir);
  if (!dir) return report(dir.error());
  const auto result = scoring::verify(*dir, sensor_contract(Config{}), model_loader());
  fmt::print("{}", arguments.json ? scoring::to_json(result) + "\n" : scoring::to_text(result));
  return result.ok() ? kDone : kFailed;
}

}  // namespace weir::app
