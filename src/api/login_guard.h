// SPDX-License-Identifier: Apache-2.0
// LoginGuard: whoever tries too many wrong secrets has to wait.
//
// Ten failures within a minute lock an address (IPv6: its /64) for a minute, and twice as long each further time, up to a
// quarter of an hour; an hour without a failure forgets. Tokens cannot be guessed at any rate: this keeps logs and hashing
// from being flooded, and tells of who tries. Any thread; the table is bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace weir::api {

class LoginGuard {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    int failures = 10;
    std::chrono::seconds window = std::chrono::minutes(1);
    std::chrono::seconds first_lock = std::chrono::minutes(1);
    std::chrono::seconds longest_lock = std::chrono::minutes(15);
    std::chrono::seconds forget = std::chrono::hours(1);
    std::size_t addresses = 10'000;
  };

  LoginGuard() : LoginGuard(Limits()) {}
  explicit LoginGuard(Limits limits) : limits_(limits) {}

  // How much longer the address has to wait; nothing: it may try.
  std::optional<std::chrono::seconds> locked(std::string_view address, Clock::time_point now) const;

  // True when this failure locked the address.
  bool failed(std::string_view address, Clock::time_point now);
  void succeeded(std::string_view address);

 private:
  struct Record {
    int failures = 0;  // since window_began
    int locks = 0;
    Clock::time_point window_began = {}, last = {}, locked_until = {};
  };

  void make_room(Clock::time_point now);  // with the mutex held

  const Limits limits_;
  mutable std::mutex mutex_;              // a few hundred nanoseconds, only where secrets are tried
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace weir::api
