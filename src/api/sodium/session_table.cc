// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/session_table.h"

#include <algorithm>

namespace weir::api {

bool SessionTable::is_over(const Session& session, Clock::time_point now) const {
  return now - session.used > limits_.idle || now - session.opened > limits_.lifetime;
}

void SessionTable::make_room(const std::string& name, Clock::time_point now) {
  std::erase_if(sessions_, [&](const auto& entry) { return is_over(entry.second, now); });
  const auto evict = [&](std::size_t limit, const auto& counts) {
    while (static_cast<std::size_t>(std::ranges::count_if(sessions_, counts)) >= limit) {
      auto oldest = sessions_.end();
      for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
        if (counts(*at) && (oldest == sessions_.end() || at->second.used < oldest->second.used)) oldest = at;
      }
      sessions_.erase(oldest);
    }
  };
  evict(limits_.sessions_per_user, [&](const auto& entry) { return entry.second.user.name == name; });
  evict(limits_.sessions, [](const auto&) { return true; });
}

std::string SessionTable::open(const User& user, Clock::time_point now) {
  std::string secret = make_session_secret();
  std::lock_guard lock(mutex_);
  make_room(user.name, now);
  sessions_[digest_of(secret)] = {user, now, now};
  return secret;
}

std::optional<User> SessionTable::find(std::string_view secret, Clock::time_point now) {
  const TokenDigest digest = digest_of(secret);
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(digest);
  if (found == sessions_.end()) return std::nullopt;
  if (is_over(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second.user;
}

void SessionTable::close(std::string_view secret) {
  const TokenDigest digest = digest_of(secret);
  std::lock_guard lock(mutex_);
  sessions_.erase(digest);
}

std::size_t SessionTable::size() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace weir::api
