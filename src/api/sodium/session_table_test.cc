// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/session_table.h"

#include <set>

#include <gtest/gtest.h>

namespace weir::api {
namespace {

using namespace std::chrono_literals;

const SessionTable::Clock::time_point kNoon{};
const User kAnn{"ann", Role::analyst, base::from_us(1)};

TEST(SessionTable, a_secret_finds_its_user_and_nothing_else_does) {
  SessionTable sessions;
  const std::string secret = sessions.open(kAnn, kNoon);
  EXPECT_EQ(secret.size(), 43);
  EXPECT_EQ(sessions.find(secret, kNoon)->name, "ann");
  for (const std::string& wrong : {std::string(), std::string("ann"), secret + "x", secret.substr(1)}) {
    EXPECT_FALSE(sessions.find(wrong, kNoon)) << wrong;
  }
}

TEST(SessionTable, a_session_that_was_closed_does_not_come_back) {
  SessionTable sessions;
  const std::string secret = sessions.open(kAnn, kNoon);
  sessions.close(secret);
  sessions.close(secret);
  EXPECT_FALSE(sessions.find(secret, kNoon));
}

TEST(SessionTable, use_keeps_a_session_alive_until_its_lifetime_is_over) {
  SessionTable sessions({.idle = 10min, .lifetime = 1h});
  const std::string secret = sessions.open(kAnn, kNoon);
  for (auto at = 9min; at <= 54min; at += 9min) EXPECT_TRUE(sessions.find(secret, kNoon + at));
  EXPECT_FALSE(sessions.find(secret, kNoon + 61min));
  const std::string idle = sessions.open(kAnn, kNoon);
  EXPECT_FALSE(sessions.find(idle, kNoon + 11min));
  EXPECT_FALSE(sessions.find(idle, kNoon)) << "what is over stays over";
}

TEST(SessionTable, the_session_used_longest_ago_makes_room) {
  SessionTable sessions({.sessions_per_user = 2, .sessions = 3});
  const std::string a = sessions.open(kAnn, kNoon), b = sessions.open(kAnn, kNoon + 1s);
  EXPECT_TRUE(sessions.find(a, kNoon + 2s));
  const std::string c = sessions.open(kAnn, kNoon + 3s);
  EXPECT_TRUE(sessions.find(a, kNoon + 4s));
  EXPECT_FALSE(sessions.find(b, kNoon + 4s));
  EXPECT_TRUE(sessions.find(c, kNoon + 4s));
  std::set<std::string> others;
  for (int i = 0; i < 10; ++i) others.insert(sessions.open({"u" + std::to_string(i), Role::viewer, {}}, kNoon + 5s));
  EXPECT_EQ(sessions.size(), 3);
  EXPECT_EQ(others.size(), 10);
}

}  // namespace
}  // namespace weir::api
