// SPDX-License-Identifier: Apache-2.0
#include "api/login_guard.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

using namespace std::chrono_literals;

const LoginGuard::Clock::time_point kStart{1000h};

TEST(LoginGuard, ten_failures_within_a_minute_lock_the_address_for_a_minute) {
  LoginGuard guard;
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(guard.failed("198.18.0.1", kStart + i * 1s));
  EXPECT_FALSE(guard.locked("198.18.0.1", kStart + 9s));
  EXPECT_TRUE(guard.failed("198.18.0.1", kStart + 9s));
  EXPECT_EQ(guard.locked("198.18.0.1", kStart + 10s), 59s);
  EXPECT_FALSE(guard.locked("198.18.0.1", kStart + 69s));
  EXPECT_FALSE(guard.locked("198.18.0.2", kStart + 10s)) << "others may try";
}

TEST(LoginGuard, a_failure_now_and_then_locks_nobody) {
  LoginGuard guard;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(guard.failed("198.18.0.1", kStart + i * 7s));
}

TEST(LoginGuard, a_success_in_between_starts_the_count_again) {
  LoginGuard guard;
  for (int i = 0; i < 9; ++i) guard.failed("198.18.0.1", kStart);
  guard.succeeded("198.18.0.1");
  EXPECT_FALSE(guard.failed("198.18.0.1", kStart));
}

TEST(LoginGuard, each_further_lock_is_twice_as_long_until_an_hour_of_peace) {
  LoginGuard guard;
  auto now = kStart;
  for (const auto expected : {60s, 120s, 240s, 480s, 900s, 900s}) {
    for (int i = 0; i < 10; ++i) guard.failed("198.18.0.1", now);
    EXPECT_EQ(guard.locked("198.18.0.1", now), expected);
    now += expected;
  }
  now += 61min;
  for (int i = 0; i < 10; ++i) guard.failed("198.18.0.1", now);
  EXPECT_EQ(guard.locked("198.18.0.1", now), 60s);
}

TEST(LoginGuard, the_addresses_of_one_ipv6_network_count_as_one) {
  LoginGuard guard;
  for (int i = 0; i < 10; ++i) guard.failed("2001:db8:0:1::" + std::to_string(i + 1), kStart);
  EXPECT_TRUE(guard.locked("2001:db8:0:1:ffff::9", kStart));
  EXPECT_FALSE(guard.locked("2001:db8:0:2::1", kStart));
}

TEST(LoginGuard, a_flood_from_many_addresses_keeps_the_locked_ones_locked) {
  LoginGuard guard({.addresses = 100});
  for (int i = 0; i < 10; ++i) guard.failed("198.18.0.1", kStart);
  for (int i = 0; i < 1000; ++i)
    guard.failed("198.19." + std::to_string(i / 250) + "." + std::to_string(i % 250), kStart);
  EXPECT_TRUE(guard.locked("198.18.0.1", kStart + 1s));
}

}  // namespace
}  // namespace weir::api
