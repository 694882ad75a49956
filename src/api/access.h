// SPDX-License-Identifier: Apache-2.0
// Access: who may ask, and for what.
//
//   listening on        users   --require-token   callers are
//   loopback            none    no                nobody in particular, with the role of an analyst
//   loopback            none    yes               refused, until a user is added
//   loopback            some    any               who their token says, with their role
//   any other address   none    any               not served at all: Server::start() refuses
//   any other address   some    any               who their token says, also after the last user was removed
//
// A token comes in the Authorization header; the page exchanges it for a session (log_in()), whose secret comes in a cookie.
// A session ends with its user's token. Whoever tries wrong tokens is locked out for a while (LoginGuard), except with a token
// that was right before: so nobody can lock out others who share the address.
//
// Nobody in particular never changes users, configuration or models: that wants an admin's token everywhere.
//
// A web page of another site must not ask through the visitor's browser. On loopback the Host header has to name this
// machine, else that page could point its own name at 127.0.0.1 (DNS rebinding). Everywhere the Origin header, when there is
// one, has to name the host that was asked, and Sec-Fetch-Site must not say that another site asks (cross-site requests).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/audit_log.h"
#include "api/login_guard.h"
#include "api/request.h"
#include "api/role.h"
#include "api/session_store.h"
#include "api/token_store.h"

namespace weir::api {

struct AccessConfig {
  bool loopback = true;
  bool require_token = false;
  std::vector<std::string> allowed_hosts = {};  // beside localhost, 127.0.0.1 and [::1]; without a port
};

// All borrowed, each may be null.
struct AccessParts {
  const TokenStore* users = nullptr;  // null: there are none
  SessionStore* sessions = nullptr;   // null: nobody can log in on the page
  LoginGuard* guard = nullptr;        // null: nobody is ever locked
  AuditLog* audit = nullptr;          // null: nothing is written down
};

class Access {
 public:
  Access(AccessConfig config, AccessParts parts) : config_(std::move(config)), parts_(parts) {}

  // Nothing, or the refusal.
  std::optional<Response> check_host(const Request& request) const;
  // The same; pages may be opened from a link on another site, the API may not be asked from there.
  std::optional<Response> check_site(const Request& request, bool is_page) const;

  // Who asks, or the refusal of who may not. Any thread.
  std::variant<Caller, Response> check_caller(const Request& request, Role needed) const;

  // Exchanges a token for a session: the user, and the session's secret; or the refusal.
  struct Login {
    User user;
    std::string secret;
  };
  std::variant<Login, Response> log_in(const Request& request, std::string_view token) const;  // may take 20 ms
  void log_out(const Request& request) const;

  // A line for the audit log about a request that was answered.
  void record(const Request& request, const Caller& caller, const Response& response) const;

 private:
  bool is_known_host(std::string_view host) const;
  std::variant<Caller, Response> caller_of(const Request& request) const;
  std::variant<Caller, Response> caller_of_session(const Request& request, std::string_view secret,
                                                   const std::vector<User>& users) const;
  std::variant<User, Response> user_of_token(const Request& request, std::string_view token) const;
  Response wrong_token(const Request& request) const;

  const AccessConfig config_;
  const AccessParts parts_;
};

// The name of the cookie that holds the session of whoever asked this way. Cookies are shared by all ports of a host, so the
// port is part of the name; over TLS the prefix makes browsers refuse one that was not set by this host over TLS.
std::string session_cookie_name(const Request& request);

}  // namespace weir::api
