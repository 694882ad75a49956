// SPDX-License-Identifier: Apache-2.0
// Access: who may ask.
//
//   listening on        users   --require-token   routes are
//   loopback            none    no                open: whoever is on this machine may read
//   loopback            none    yes               closed to everyone, until a user is added
//   loopback            some    any               for tokens
//   any other address   none    any               not served at all: Server::start() refuses
//   any other address   some    any               for tokens, also after the last user was removed
//
// On loopback the Host header must name this machine: a web page of another site could otherwise read the API through
// the visitor's browser by pointing its own name at 127.0.0.1 (DNS rebinding). Elsewhere tokens stand in its way.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/request.h"
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

  struct Grant {
    std::string user;                                                       // empty: nobody had to say who they are
  };
  std::variant<Grant, Response> check_token(const Request& request) const;  // any thread

 private:
  const AccessConfig config_;
  const TokenStore* const users_;
};

}  // namespace weir::api
