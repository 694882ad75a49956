// SPDX-License-Identifier: Apache-2.0
// SessionStore: who is logged in on the page. Adapter: api/sodium. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/token_store.h"

namespace weir::api {

class SessionStore {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::chrono::seconds idle = std::chrono::hours(12);  // since the last request
    std::chrono::seconds lifetime = std::chrono::hours(7 * 24);
    std::size_t sessions_per_user = 16;                  // beyond it, the one used longest ago ends
    std::size_t sessions = 4096;
  };

  virtual ~SessionStore() = default;

  // The secret of a new session: what its cookie holds.
  virtual std::string open(const User& user, Clock::time_point now) = 0;

  // The user as of the login, when the session still lives; that user's role, or existence, may have changed since. Using a
  // session keeps it from idling out.
  virtual std::optional<User> find(std::string_view secret, Clock::time_point now) = 0;

  virtual void close(std::string_view secret) = 0;
};

}  // namespace weir::api
