// SPDX-License-Identifier: Apache-2.0
#include "api/role.h"

namespace weir::api {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer: return "viewer";
    case Role::analyst: return "analyst";
    case Role::admin: return "admin";
  }
  return "viewer";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::viewer, Role::analyst, Role::admin}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

}  // namespace weir::api
