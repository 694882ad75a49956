// SPDX-License-Identifier: Apache-2.0
// Service: what weir tells systemd, when systemd started it (Type=notify, WatchdogSec=); elsewhere it does nothing. Main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weir::app {

class Service {
 public:
  Service();

  void ready(const std::string& status);  // up, or up again after a reload
  void reloading();
  void stopping();

  // Call it several times a second, with a number that grows for as long as packets are being looked for: while it stands
  // still, the watchdog is not fed, and systemd starts weir anew.
  void alive(std::uint64_t progress);

 private:
  std::optional<std::chrono::microseconds> interval_;  // of feeding; nothing: no watchdog
  std::chrono::steady_clock::time_point fed_;
  std::uint64_t progress_ = 0;
};

}  // namespace weir::app
