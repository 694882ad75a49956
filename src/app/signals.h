// SPDX-License-Identifier: Apache-2.0
// StopSignals: SIGINT, SIGTERM and SIGHUP as something to ask for, not to be interrupted by. Made before any other thread, so that
// all threads inherit the blocked mask. After the first signal a second one ends the process at once (exit 130); what
// follows within half a second is taken for the same one: `timeout`, sudo and shells often send it twice.
#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace weir::app {

class StopSignals {
 public:
  StopSignals();

  // Waits at most that long; true when a signal came, now or before.
  // Returns early for a SIGHUP.
  bool wait_for(std::chrono::milliseconds timeout);

  // Whether a SIGHUP came since it was asked last. One that came because the terminal went away counts as a stop instead.
  bool take_reload() { return std::exchange(reload_, false); }

 private:
  bool received_ = false;
  bool reload_ = false;
  const bool had_terminal_;
  std::jthread second_;  // waits for the second signal
};

}  // namespace weir::app
