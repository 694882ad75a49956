// SPDX-License-Identifier: Apache-2.0
// TokenStore: who may use the API, and by which token. Adapter: api/sodium.
//
// Any thread. `weir user` and a running server share what is stored: a token that was added or removed counts at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/role.h"
#include "base/clock.h"
#include "base/result.h"

namespace weir::api {

struct User {
  std::string name;
  Role role = Role::viewer;
  base::Timestamp created_at;  // with its token
};

// 1 to 64 letters, digits and any of `._@-`.
bool is_user_name(std::string_view name);

class TokenStore {
 public:
  virtual ~TokenStore() = default;

  // The new token: shown this once, never again. Refuses a name that is taken, or is no is_user_name().
  virtual base::Result<std::string> add(const std::string& name, Role role) = 0;
  virtual base::Result<std::string> renew(const std::string& name) = 0;  // the old token stops working
  virtual base::Result<> set_role(const std::string& name, Role role) = 0;
  virtual base::Result<> remove(const std::string& name) = 0;
  virtual base::Result<std::vector<User>> list() const = 0;              // by name

  // The user whose token this is. The first time that it is right takes some 20 ms, later times microseconds.
  virtual base::Result<std::optional<User>> find(std::string_view token) const = 0;
  // The same, but only for a token that was right before: never slow.
  virtual base::Result<std::optional<User>> find_known(std::string_view token) const = 0;
};

}  // namespace weir::api
