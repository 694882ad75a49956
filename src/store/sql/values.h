// SPDX-License-Identifier: Apache-2.0
// Values that are more than their C++ type says.
#pragma once

#include <optional>
#include <string>

namespace weir::store::sql {

struct Json {
  std::optional<std::string> text;
};

struct Blob {
  std::string bytes;
};

}  // namespace weir::store::sql
