// SPDX-License-Identifier: Apache-2.0
#include "app/service.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>

#include <fmt/format.h>

namespace weir::app {

Service::Service() {
  std::uint64_t timeout_us = 0;
  if (sd_watchdog_enabled(0, &timeout_us) > 0) interval_ = std::chrono::microseconds(timeout_us / 3);
}

void Service::ready(const std::string& status) { sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str()); }

void Service::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1000).c_str());
}

void Service::stopping() { sd_notify(0, "STOPPING=1\nSTATUS=Scoring and storing what was captured"); }

void Service::alive(std::uint64_t progress) {
  if (!interval_ || progress == progress_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - fed_ < *interval_) return;
  progress_ = progress;
  fed_ = now;
  sd_notify(0, "WATCHDOG=1");
}

}  // namespace weir::app
