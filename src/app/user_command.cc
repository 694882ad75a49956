// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "api/sodium/token_file.h"
#include "app/commands.h"
#include "app/paths.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

fs::path state_dir_of(const UserArguments& arguments) {
  return arguments.state_dir.empty() ? default_state_dir() : fs::path(arguments.state_dir);
}

}  // namespace

int add_user(const UserArguments& arguments) {
  const fs::path dir = state_dir_of(arguments);
  if (const auto ready = prepare_state_dir(dir); !ready) return report(ready.error());
  api::TokenFile users(users_file(dir));
  const auto token = users.add(arguments.name, api::parse_role(arguments.role).value_or(api::Role::viewer));
  if (!token) return report(token.error());
  fmt::print(stderr, "Token of {} ({}). It is shown once; from now on every request to the API needs one:\n",
             arguments.name, arguments.role);
  fmt::print("{}\n", *token);
  return kDone;
}

int remove_user(const UserArguments& arguments) {
  api::TokenFile users(users_file(state_dir_of(arguments)));
  if (const auto removed = users.remove(arguments.name); !removed) return report(removed.error());
  fmt::print(stderr, "{} is removed; the token no longer works.\n", arguments.name);
  return kDone;
}

int list_users(const UserArguments& arguments) {
  const api::TokenFile users(users_file(state_dir_of(arguments)));
  const auto list = users.list();
  if (!list) return report(list.error());
  if (list->empty()) fmt::print(stderr, "There are no users. `weir user add NAME` makes one.\n");
  for (const api::User& user : *list) fmt::print("{:<24} {}\n", user.name, api::to_string(user.role));
  return kDone;
}

}  // namespace weir::app
