// SPDX-License-Identifier: Apache-2.0
#include "api/access.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace weir::api {

namespace {

constexpr std::string_view kChallenge = "Bearer realm=\"weir\"";

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// "[::1]:8080" -> "[::1]", "localhost:8080" -> "localhost".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const bool in_brackets = colon != host.npos && host.find(']', colon) != host.npos;
  return colon == host.npos || in_brackets ? host : host.substr(0, colon);
}

// "https://sensor.lan:8600" -> "sensor.lan:8600"; empty for "null" and for what no browser sends.
std::string_view host_of_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
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

bool Access::is_known_host(std::string_view host) const {
  return std::ranges::any_of(config_.allowed_hosts, [&](const std::string& known) { return same_name(host, known); });
}

std::optional<Response> Access::check_host(const Request& request) const {
  if (!config_.loopback) return std::nullopt;
  const std::string_view host = without_port(request.host);
  for (const std::string_view known : {"localhost", "127.0.0.1", "[::1]"}) {
    if (same_name(host, known)) return std::nullopt;
  }
  if (is_known_host(host)) return std::nullopt;
  return problem(403,
                 "The Host header does not name this machine; ask for localhost, or add the name to allowed_hosts.");
}

// Programs other than browsers send neither header.
std::optional<Response> Access::check_site(const Request& request, bool is_page) const {
  if (!request.origin.empty()) {
    const std::string_view host = host_of_origin(request.origin);
    if (host.empty() || (!same_name(host, request.host) && !is_known_host(without_port(host)))) {
      return problem(403, "A page of another site asks here, which is refused; the Origin header names it.");
    }
  }
  const bool from_elsewhere =
      !request.fetch_site.empty() && request.fetch_site != "same-origin" && request.fetch_site != "none";
  if (from_elsewhere && !(is_page && request.only_reads())) {
    return problem(403, "A page of another site asks here, which is refused; the Sec-Fetch-Site header says so.");
  }
  return std::nullopt;
}

std::variant<Caller, Response> Access::check_caller(const Request& request, Role needed) const {
  auto found = caller_of(request);
  const auto* caller = std::get_if<Caller>(&found);
  if (caller == nullptr || caller->role >= needed) return found;
  if (caller->name.empty()) {
    return unauthorized(kChallenge, "This wants an admin's token; make one with `weir user add NAME --role admin`.");
  }
  return problem(403, fmt::format("This wants the role {}; {} has the role {}.", to_string(needed), caller->name,
                                  to_string(caller->role)));
}

std::variant<Caller, Response> Access::caller_of(const Request& request) const {
  const auto users = users_ == nullptr ? base::Result<std::vector<User>>(std::vector<User>()) : users_->list();
  if (!users) return unreadable(users.error());
  if (config_.loopback && !config_.require_token && users->empty()) return Caller{.role = Role::analyst};

  const std::string_view token = bearer_token(request.authorization);
  if (token.empty()) {
    return unauthorized(kChallenge, "A bearer token is needed; make one with `weir user add NAME`.");
  }
  const auto user = users_ == nullptr ? base::Result<std::optional<User>>(std::nullopt) : users_->find(token);
  if (!user) return unreadable(user.error());
  if (!*user) return unauthorized("Bearer realm=\"weir\", error=\"invalid_token\"", "The bearer token is not known.");
  return Caller{(*user)->name, (*user)->role};
}

}  // namespace weir::api
