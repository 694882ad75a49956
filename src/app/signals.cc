// SPDX-License-Identifier: Apache-2.0
#include "app/signals.h"

#include <fcntl.h>
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

sigset_t all_set() {
  sigset_t set = stop_set();
  sigaddset(&set, SIGHUP);
  return set;
}

// The signal that came, or something below 1.
int signal_within(const sigset_t& set, std::chrono::milliseconds timeout) {
  const timespec limit{.tv_sec = timeout.count() / 1000, .tv_nsec = timeout.count() % 1000 * 1'000'000};
  return sigtimedwait(&set, nullptr, &limit);
}

bool has_terminal() {
  const int fd = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

void exit_at_second(const std::stop_token& done) {
  const auto first = Clock::now();
  while (!done.stop_requested()) {
    if (signal_within(stop_set(), 50ms) > 0 && Clock::now() - first > kSameSignal) _exit(130);
  }
}

}  // namespace

StopSignals::StopSignals() : had_terminal_(has_terminal()) {
  const sigset_t set = all_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a client that went away is an error of write(), not the end of the program
}

bool StopSignals::wait_for(std::chrono::milliseconds timeout) {
  if (received_) return true;
  const int signal = signal_within(all_set(), timeout);
  if (signal < 1) return false;
  if (signal == SIGHUP && (!had_terminal_ || has_terminal())) {
    reload_ = true;
    return false;
  }
  received_ = true;
  second_ = std::jthread(exit_at_second);
  return true;
}

}  // namespace weir::app
