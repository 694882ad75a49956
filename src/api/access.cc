// SPDX-License-Identifier: Apache-2.0
#include "api/access.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace weir::api {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// "[::1]:8080" -> "[::1]", "localhost:8080" -> "localhost".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool in_brackets = colon != host.npos && host.find(']', colon) != host.npos;
  return colon == host.npos || in_brackets ? host : host.substr(0, colon);
}

// The credentials of "Bearer <token>"; empty for anything else.
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  if (!same_name(authorization.substr(0, kScheme.size()), kScheme)) return {};
  authorization.remove_prefix(kScheme.size());
  return authorization;
}

Response unauthorized(std::string_view challenge, std::string_view detail) {
  Response response = problem(401, detail);
  response.headers.emplace_back("WWW-Authenticate", challenge);
  return response;
}

Response unreadable(const base::Error& error) {
  return problem(503, "The list of users cannot be read, so nobody is let in; weir's log says why.", error.message());
}

}  // namespace

std::optional<Response> Access::check_host(const Request& request) const {
  if (!config_.loopback) return std::nullopt;
  const std::string_view host = without_port(request.host);
  for (const std::string_view known : {"localhost", "127.0.0.1", "[::1]"}) {
    if (same_name(host, known)) return std::nullopt;
  }
  for (const std::string& known : config_.allowed_hosts) {
    if (same_name(host, known)) return std::nullopt;
  }
  return problem(403,
                 "The Host header does not name this machine; ask for localhost, or add the name to allowed_hosts.");
}

std::variant<Access::Grant, Response> Access::check_token(const Request& request) const {
  const auto users = users_ == nullptr ? base::Result<std::vector<User>>(std::vector<User>()) : users_->list();
  if (!users) return unreadable(users.error());
  if (config_.loopback && !config_.require_token && users->empty()) return Grant{};

  const std::string_view token = bearer_token(request.authorization);
  if (token.empty()) {
    return unauthorized("Bearer realm=\"weir\"", "A bearer token is needed; make one with `weir user add NAME`.");
  }
  const auto user = users_ == nullptr ? base::Result<std::optional<User>>(std::nullopt) : users_->find(token);
  if (!user) return unreadable(user.error());
  if (!*user) return unauthorized("Bearer realm=\"weir\", error=\"invalid_token\"", "The bearer token is not known.");
  return Grant{(*user)->name};
}

}  // namespace weir::api
