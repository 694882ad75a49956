// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/paths.h"
#include "app/registry.h"
#include "scoring/describe.h"
#include "scoring/sodium/bundle_signature.h"
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
  if (!arguments.key.empty()) {
    const auto bundle = scoring::read_bundle(*dir);
    if (!bundle) return report(bundle.error());
    if (const auto genuine = scoring::check_signature(*bundle, arguments.key); !genuine) return report(genuine.error());
  }
  const auto result = scoring::verify(*dir, sensor_contract(Config{}), model_loader());
  fmt::print("{}", arguments.json ? scoring::to_json(result) + "\n" : scoring::to_text(result));
  return result.ok() ? kDone : kFailed;
}

int sign_model(const ModelArguments& arguments) {
  const auto dir = model_dir(arguments.dir);
  if (!dir) return report(dir.error());
  const auto bundle = scoring::read_bundle(*dir);
  if (!bundle) return report(bundle.error());
  const auto public_key = scoring::sign_bundle(*bundle, arguments.key);
  if (!public_key) return report(public_key.error());
  fmt::print("{}\n", *public_key);
  fmt::print(stderr, "{} is signed. Sensors take it with --model-public-key and the key above.\n", bundle->id());
  return kDone;
}

int make_model_key(const ModelArguments& arguments) {
  const auto public_key = scoring::make_signing_key(arguments.key);
  if (!public_key) return report(public_key.error());
  fmt::print(stderr, "The secret key is in {}: keep it off the sensors. The public key, for --model-public-key:\n",
             arguments.key);
  fmt::print("{}\n", *public_key);
  return kDone;
}

}  // namespace weir::app
