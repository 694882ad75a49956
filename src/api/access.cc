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

// The value of a cookie out of "a=1; b=2". A name that is there twice (a parent domain may add one) gives the first.
std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    std::string_view pair = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return std::nullopt;
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
  Response refusal = problem(403, fmt::format("This wants the role {}; {} has the role {}.", to_string(needed),
                                              caller->name, to_string(caller->role)));
  refusal.refused = *caller;
  return refusal;
}

std::variant<Caller, Response> Access::caller_of(const Request& request) const {
  const auto users = parts_.users == nullptr ? base::Result<std::vector<User>>() : parts_.users->list();
  if (!users) return unreadable(users.error());
  if (config_.loopback && !config_.require_token && users->empty()) return Caller{.role = Role::analyst};

  if (const std::string_view token = bearer_token(request.authorization); !token.empty()) {
    auto user = user_of_token(request, token);
    if (auto* refusal = std::get_if<Response>(&user)) return std::move(*refusal);
    return Caller{std::get<User>(user).name, std::get<User>(user).role};
  }
  const auto secret = cookie_value(request.cookie, session_cookie_name(request));
  if (parts_.sessions != nullptr && secret) return caller_of_session(request, *secret, *users);
  return unauthorized(kChallenge, "A bearer token is needed; make one with `weir user add NAME`.");
}

std::variant<Caller, Response> Access::caller_of_session(const Request& request, std::string_view secret,
                                                         const std::vector<User>& users) const {
  const auto session = parts_.sessions->find(secret, SessionStore::Clock::now());
  const auto user = std::ranges::find_if(users, [&](const User& known) {
    return session && known.name == session->name && known.created_at == session->created_at;
  });
  if (user == users.end()) return unauthorized(kChallenge, "The session is over; log in again.");
  // Browsers send at least one of these with every change; without them it may be anything that got hold of the cookie.
  if (!request.only_reads() && request.origin.empty() && request.fetch_site.empty()) {
    return problem(403, "A session may change something only from the page itself: the Origin header is missing.");
  }
  return Caller{user->name, user->role};
}

std::variant<User, Response> Access::user_of_token(const Request& request, std::string_view token) const {
  if (parts_.users == nullptr) return wrong_token(request);
  auto user = parts_.users->find_known(token);
  if (!user) return unreadable(user.error());
  if (*user) return std::move(**user);

  if (parts_.guard != nullptr) {
    if (const auto wait = parts_.guard->locked(request.remote, LoginGuard::Clock::now())) {
      Response response =
          problem(429, fmt::format("Too many wrong tokens came from this address; wait {} s.", wait->count()));
      response.headers.emplace_back("Retry-After", fmt::format("{}", wait->count()));
      return response;
    }
  }
  user = parts_.users->find(token);
  if (!user) return unreadable(user.error());
  if (!*user) return wrong_token(request);
  if (parts_.guard != nullptr) parts_.guard->succeeded(request.remote);
  return std::move(**user);
}

Response Access::wrong_token(const Request& request) const {
  const bool locks = parts_.guard != nullptr && parts_.guard->failed(request.remote, LoginGuard::Clock::now());
  Response response = unauthorized("Bearer realm=\"weir\", error=\"invalid_token\"", "The bearer token is not known.");
  response.deed = locks ? "wrong token; the address is locked for a while" : "wrong token";
  return response;
}

std::variant<Access::Login, Response> Access::log_in(const Request& request, std::string_view token) const {
  if (parts_.sessions == nullptr) return problem(404, "This weir has no sessions; send the token with each request.");
  auto user = user_of_token(request, token);
  if (auto* refusal = std::get_if<Response>(&user)) return std::move(*refusal);
  User& known = std::get<User>(user);
  std::string secret = parts_.sessions->open(known, SessionStore::Clock::now());
  return Login{std::move(known), std::move(secret)};
}

void Access::log_out(const Request& request) const {
  const auto secret = cookie_value(request.cookie, session_cookie_name(request));
  if (parts_.sessions != nullptr && secret) parts_.sessions->close(*secret);
}

void Access::record(const Request& request, const Caller& known, const Response& response) const {
  const Caller& caller = response.refused ? *response.refused : known;
  if (parts_.audit == nullptr || (request.only_reads() && response.deed.empty())) return;
  // Who is locked out, and only knocks, is on record already.
  if (response.status == 429) return;
  const std::string action =
      fmt::format("{} {}", request.method, std::string_view(request.target).substr(0, request.target.find('?')));
  const bool is_named = !caller.name.empty();
  parts_.audit->write({.user = caller.name,
                       .role = is_named ? to_string(caller.role) : std::string_view(),
                       .remote = request.remote,
                       .action = action,
                       .status = response.status,
                       .what = response.deed});
}

std::string session_cookie_name(const Request& request) {
  const std::size_t colon = request.host.rfind(':');
  std::string port = colon == request.host.npos ? std::string() : request.host.substr(colon + 1);
  const bool is_port = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  return fmt::format("{}weir_session{}{}", request.secure ? "__Host-" : "", is_port ? "_" : "", is_port ? port : "");
}

}  // namespace weir::api
