// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "api/audit_log.h"
#include "api/sodium/token_file.h"
#include "app/commands.h"
#include "app/paths.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;

fs::path state_dir_of(const UserArguments& arguments) {
  return arguments.state_dir.empty() ? default_state_dir() : fs::path(arguments.state_dir);
}

// The folder, made if need be; from here on we are its owner.
base::Result<fs::path> enter_state_dir(const UserArguments& arguments) {
  fs::path dir = state_dir_of(arguments);
  if (const auto ready = prepare_state_dir(dir); !ready) return base::fail(ready.error());
  if (const auto owner = act_as_owner_of(dir); !owner) return base::fail(owner.error());
  return dir;
}

// Commands change the same file as the API does, so they leave a line in the same log.
void write_down(const fs::path& dir, std::string_view action, std::string_view what) {
  const char* who = std::getenv("SUDO_USER") != nullptr ? std::getenv("SUDO_USER") : std::getenv("USER");
  const std::string local_user = who == nullptr ? fmt::format("uid {}", ::getuid()) : std::string(who);
  api::AuditLog(audit_file(dir)).write({.user = local_user, .remote = "local", .action = action, .what = what});
}

void print_token(const UserArguments& arguments, const std::string& token) {
  fmt::print(stderr, "Token of {}. It is shown once; from now on every request to the API needs one:\n",
             arguments.name);
  fmt::print("{}\n", token);
}

}  // namespace

int add_user(const UserArguments& arguments) {
  const auto dir = enter_state_dir(arguments);
  if (!dir) return report(dir.error());
  api::TokenFile users(users_file(*dir));
  const auto token = users.add(arguments.name, api::parse_role(arguments.role).value_or(api::Role::viewer));
  if (!token) return report(token.error());
  write_down(*dir, "weir user add", fmt::format("made the user {} ({})", arguments.name, arguments.role));
  print_token(arguments, *token);
  return kDone;
}

int renew_user(const UserArguments& arguments) {
  const auto dir = enter_state_dir(arguments);
  if (!dir) return report(dir.error());
  const auto token = api::TokenFile(users_file(*dir)).renew(arguments.name);
  if (!token) return report(token.error());
  write_down(*dir, "weir user renew", fmt::format("gave {} a new token", arguments.name));
  print_token(arguments, *token);
  return kDone;
}

int change_role(const UserArguments& arguments) {
  const auto dir = enter_state_dir(arguments);
  if (!dir) return report(dir.error());
  const auto role = api::parse_role(arguments.role).value_or(api::Role::viewer);
  if (const auto done = api::TokenFile(users_file(*dir)).set_role(arguments.name, role); !done)
    return report(done.error());
  write_down(*dir, "weir user role", fmt::format("made {} a {}", arguments.name, arguments.role));
  fmt::print(stderr, "{} has the role {} from now on.\n", arguments.name, arguments.role);
  return kDone;
}

int remove_user(const UserArguments& arguments) {
  const auto dir = enter_state_dir(arguments);
  if (!dir) return report(dir.error());
  if (const auto removed = api::TokenFile(users_file(*dir)).remove(arguments.name); !removed)
    return report(removed.error());
  write_down(*dir, "weir user remove", fmt::format("removed the user {}", arguments.name));
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
