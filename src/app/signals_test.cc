// SPDX-License-Identifier: Apache-2.0
#include "app/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

TEST(StopSignals, nothing_is_reported_before_a_signal_came) {
  StopSignals signals;
  EXPECT_FALSE(signals.wait_for(1ms));
}

// Each in a process of its own: signals go to the whole process.
TEST(StopSignalsDeathTest, the_first_signal_is_reported_and_ends_nothing) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        kill(getpid(), SIGTERM);
        _exit(signals.wait_for(1000ms) && signals.wait_for(1ms) ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalsDeathTest, a_hangup_asks_for_a_reload_once_and_stops_nothing) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        kill(getpid(), SIGHUP);
        const bool stopped = signals.wait_for(1000ms);
        _exit(!stopped && signals.take_reload() && !signals.take_reload() && !signals.wait_for(1ms) ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalsDeathTest, a_signal_that_is_sent_twice_at_once_counts_once) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        kill(getpid(), SIGTERM);
        signals.wait_for(1000ms);
        kill(getpid(), SIGTERM);
        std::this_thread::sleep_for(800ms);
        _exit(7);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalsDeathTest, a_second_signal_later_on_ends_the_process_at_once) {
  EXPECT_EXIT(
      {
        StopSignals signals;
        kill(getpid(), SIGINT);
        signals.wait_for(1000ms);
        std::this_thread::sleep_for(700ms);
        kill(getpid(), SIGINT);
        std::this_thread::sleep_for(10s);
        _exit(1);
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace weir::app
