// SPDX-License-Identifier: Apache-2.0
// SessionTable: sessions in memory, by the digest of their secret: who reads this process's memory later finds no cookie, and
// a lookup's time tells nothing about a secret. They end with the process.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "api/session_store.h"
#include "api/sodium/token_digest.h"

namespace weir::api {

class SessionTable final : public SessionStore {
 public:
  SessionTable() : SessionTable(Limits()) {}
  explicit SessionTable(Limits limits) : limits_(limits) {}

  std::string open(const User& user, Clock::time_point now) override;
  std::optional<User> find(std::string_view secret, Clock::time_point now) override;
  void close(std::string_view secret) override;

  std::size_t size() const;

 private:
  struct Session {
    User user;
    Clock::time_point opened, used;
  };
  using Sessions = std::map<TokenDigest, Session>;

  bool is_over(const Session& session, Clock::time_point now) const;
  void make_room(const std::string& name, Clock::time_point now);  // with the mutex held

  const Limits limits_;
  mutable std::mutex mutex_;  // request threads ask; a queue would make each of them wait for an answer all the same
  Sessions sessions_;
};

}  // namespace weir::api
