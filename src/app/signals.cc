// SPDX-License-Identifier: Apache-2.0
#include "app/signals.h"

#include <unistd.h>

#include <csignal>

namespace weir::app {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kSameSignal = 500ms;

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

bool signal_within(std::chrono::milliseconds timeout) {
  const sigset_t set = stop_set();
  const timespec limit{.tv_sec = timeout.count() / 1000, .tv_nsec = timeout.count() % 1000 * 1'000'000};
  return sigtimedwait(&set, nullptr, &limit) > 0;
}

void exit_at_second(const std::stop_token& done) {
  const auto first = Clock::now();
  while (!done.stop_requested()) {
    if (signal_within(50ms) && Clock::now() - first > kSameSignal) _exit(130);
  }
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is an error of write(), not the end of the program
}

bool StopSignals::wait_for(std::chrono::milliseconds timeout) {
  if (received_ || !signal_within(timeout)) return received_;
  received_ = true;
  second_ = std::jthread(exit_at_second);
  return true;
}

}  // namespace weir::app
