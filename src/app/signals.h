// SPDX-License-Identifier: Apache-2.0
// StopSignals: SIGINT and SIGTERM as something to ask for, not to be interrupted by. Made before any other thread, so that
// all threads inherit the blocked mask. After the first signal a second one ends the process at once (exit 130); what
// follows within half a second is taken for the same one: `timeout`, sudo and shells often send it twice.
#pragma once

#include <chrono>
#include <thread>

namespace weir::app {

class StopSignals {
 public:
  StopSignals();

  // Waits at most that long; true when a signal came, now or before.
  bool wait_for(std::chrono::milliseconds timeout);

 private:
  bool received_ = false;
  std::jthread second_;  // waits for the second signal
};

}  // namespace weir::app
