// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "app/commands.h"

namespace weir::app {

int report(const base::Error& error) {
  fmt::print(stderr, "weir: {}\n", error.message());
  return kFailed;
}

}  // namespace weir::app
