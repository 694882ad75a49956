// SPDX-License-Identifier: Apache-2.0
// Role: what somebody may do. Each role may do all that the one before it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::api {

enum class Role : std::uint8_t {
  viewer = 0,   // read
  analyst = 1,  // judge: the state of incidents, feedback, suppressions
  admin = 2,    // change what weir does: users, configuration, models
};
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

// Who asks. Without a name nobody had to say who they are (the open mode of loopback).
struct Caller {
  std::string name = {};
  Role role = Role::viewer;
};

}  // namespace weir::api
