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

#include "api/request.h"
#include "api/role.h"
#include "api/token_store.h"

namespace weir::api {

struct AccessConfig {
  bool loopback = true;
  bool require_token = false;
  std::vector<std::string> allowed_hosts = {};  // beside localhost, 127.0.0.1 and [::1]; without a port
};

class Access {
 public:
  // `users` is borrowed; null: there are none.
  Access(AccessConfig config, const TokenStore* users) : config_(std::move(config)), users_(users) {}

  // Nothing, or the refusal.
  std::optional<Response> check_host(const Request& request) const;
  // The same; pages may be opened from a link on another site, the API may not be asked from there.
  std::optional<Response> check_site(const Request& request, bool is_page) const;

  // Who asks, or the refusal of who may not. Any thread.
  std::variant<Caller, Response> check_caller(const Request& request, Role needed) const;

 private:
  bool is_known_host(std::string_view host) const;
  std::variant<Caller, Response> caller_of(const Request& request) const;

  const AccessConfig config_;
  const TokenStore* const users_;
};

}  // namespace weir::api
