// SPDX-License-Identifier: Apache-2.0
// Progress: one line that is rewritten in place, for a person at a terminal: how far, how fast, how long still.
// Silent when stderr is not a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir::app {

// "1,204,331 packets  2.41 Mpkt/s  37 %  ETA 0:12". `share` is 0-1, or negative when unknown.
std::string progress_text(std::uint64_t packets, double share, std::chrono::duration<double> elapsed);

class Progress {
 public:
  Progress();
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // At most four times a second; calls in between cost one look at the clock.
  void show(std::uint64_t packets, double share);

 private:
  using Clock = std::chrono::steady_clock;
  const bool on_terminal_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace weir::app
