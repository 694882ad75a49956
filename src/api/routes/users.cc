// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/body_reader.h"
#include "api/routes/routes.h"
#include "base/rfc3339.h"

namespace weir::api {

namespace {

using Json = nlohmann::ordered_json;

Json user_json(const User& user) {
  return {{"name", user.name}, {"role", to_string(user.role)}, {"created_at", base::format_time(user.created_at)}};
}

Response users_failed(const base::Error& error) {
  return problem(503, "The list of users cannot be read or written; weir's log says why.", error.message());
}

Response list_users(const TokenStore& users) {
  const auto list = users.list();
  if (!list) return users_failed(list.error());
  Json items = Json::array();
  for (const User& user : *list) items.push_back(user_json(user));
  return json_response(Json{{"items", std::move(items)}}.dump());
}

Response add_user(TokenStore& users, const Call& call) {
  BodyReader body(call.request.body, {"name", "role"});
  body.require("name");
  body.require("role");
  const std::string name = body.text("name", 64).value_or("");
  const auto role = body.word("role", parse_role, "viewer, analyst or admin");
  if (body.error()) return problem(400, *body.error());
  if (!is_user_name(name)) return problem(400, "The member 'name' must be 1 to 64 letters, digits and any of ._@-.");
  const auto list = users.list();
  if (!list) return users_failed(list.error());
  if (std::ranges::find(*list, name, &User::name) != list->end()) {
    return problem(409, fmt::format("There is a user '{}' already.", name));
  }
  const auto token = users.add(name, *role);
  if (!token) return users_failed(token.error());
  Response response = json_response(Json{{"name", name}, {"role", to_string(*role)}, {"token", *token}}.dump());
  response.status = 201;
  response.deed = fmt::format("made the user {} ({})", name, to_string(*role));
  return response;
}

// Without its last admin nobody could use the API to make another, and without its last user loopback would be open.
Response remove_user(TokenStore& users, const Call& call) {
  const auto list = users.list();
  if (!list) return users_failed(list.error());
  const auto user = std::ranges::find(*list, call.argument, &User::name);
  if (user == list->end()) return problem(404, "There is no such user.");
  if (user->role == Role::admin && std::ranges::count(*list, Role::admin, &User::role) == 1) {
    return problem(409, "That is the last admin; make another one first.");
  }
  if (const auto removed = users.remove(user->name); !removed) return users_failed(removed.error());
  Response response{.status = 204, .content_type = {}};
  response.deed = fmt::format("removed the user {}", user->name);
  return response;
}

}  // namespace

Route users_route(const TokenStore& users) {
  return {
      .pattern = "/api/v1/users", .role = Role::admin, .answer = [&users](const Call&) { return list_users(users); }};
}

Route add_user_route(TokenStore& users) {
  return {.pattern = "/api/v1/users",
          .method = "POST",
          .role = Role::admin,
          .waits = true,
          .answer = [&users](const Call& call) { return add_user(users, call); }};
}

Route remove_user_route(TokenStore& users) {
  return {
      .pattern = "/api/v1/users/{name}", .method = "DELETE", .role = Role::admin, .answer = [&users](const Call& call) {
        return remove_user(users, call);
      }};
}

}  // namespace weir::api
