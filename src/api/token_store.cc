// SPDX-License-Identifier: Apache-2.0
#include "api/token_store.h"

#include <algorithm>

namespace weir::api {

bool is_user_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._@-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, allowed);
}

}  // namespace weir::api
