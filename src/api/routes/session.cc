// SPDX-License-Identifier: Apache-2.0
// The page's login: a token is exchanged for a session, whose secret lives in a cookie that no script can read.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/body_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

constexpr std::size_t kMaxToken = 200;

// A week: the session table ends it earlier.
constexpr int kCookieSeconds = 7 * 24 * 3600;

std::string caller_json(const Caller& caller) {
  nlohmann::ordered_json json;
  json["name"] = caller.name.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(caller.name);
  json["role"] = to_string(caller.role);
  return json.dump();
}

std::string cookie(const Request& request, std::string_view secret, int seconds) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", session_cookie_name(request), secret,
                     seconds, request.secure ? "; Secure" : "");
}

Response log_in(const Access& access, const Call& call) {
  BodyReader body(call.request.body, {"token"});
  body.require("token");
  const std::string token = body.text("token", kMaxToken).value_or("");
  if (body.error()) return problem(400, *body.error());
  auto login = access.log_in(call.request, token);
  if (auto* refusal = std::get_if<Response>(&login)) return std::move(*refusal);
  const auto& [user, secret] = std::get<Access::Login>(login);
  Response response = json_response(caller_json({user.name, user.role}));
  response.headers.emplace_back("Set-Cookie", cookie(call.request, secret, kCookieSeconds));
  response.deed = fmt::format("{} logged in", user.name);
  return response;
}

}  // namespace

Route login_route(const Access& access) {
  return {.pattern = "/api/v1/session",
          .method = "POST",
          .waits = true,
          .open = true,
          .answer = [&access](const Call& call) { return log_in(access, call); }};
}

Route session_route() {
  return {.pattern = "/api/v1/session",
          .answer = [](const Call& call) { return json_response(caller_json(call.caller)); }};
}

// Open: who is logged out already may log out.
Route logout_route(const Access& access) {
  return {.pattern = "/api/v1/session", .method = "DELETE", .open = true, .answer = [&access](const Call& call) {
            access.log_out(call.request);
            Response response{.status = 204, .content_type = {}};
            response.headers.emplace_back("Set-Cookie", cookie(call.request, "", 0));
            response.deed = "logged out";
            return response;
          }};
}

}  // namespace weir::api
