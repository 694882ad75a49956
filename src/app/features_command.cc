// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/commands.h"
#include "features/catalogue.h"

namespace weir::app {

int print_features(const FeaturesArguments& arguments) {
  if (arguments.json) {
    fmt::print("{}\n", features::catalogue_json());
  } else if (arguments.markdown) {
    fmt::print("{}", features::catalogue_markdown());
  } else {
    fmt::print("{}", features::catalogue_table());
  }
  return kDone;
}

}  // namespace weir::app
