// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <cstdio>

#include <unistd.h>

#include <fmt/format.h>

#include "app/summary.h"

namespace weir::app {

namespace {

using namespace std::chrono_literals;

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.2f} Mpkt/s", per_second / 1e6);
  if (per_second >= 1e3) return fmt::format("{:.1f} kpkt/s", per_second / 1e3);
  return fmt::format("{:.0f} pkt/s", per_second);
}

}  // namespace

std::string progress_text(std::uint64_t packets, double share, std::chrono::duration<double> elapsed) {
  const double seconds = elapsed.count();
  std::string text = fmt::format("{} packets", grouped(packets));
  if (seconds > 0) text += "  " + rate_text(static_cast<double>(packets) / seconds);
  if (share < 0) return text;
  text += fmt::format("  {:.0f} %", share * 100);
  if (share > 0.01 && share < 1) {
    const auto left = static_cast<long>(seconds * (1 - share) / share);
    text += fmt::format("  ETA {}:{:02}", left / 60, left % 60);
  }
  return text;
}

Progress::Progress() : on_terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_ != Clock::time_point{}) std::fputs("\n", stderr);
}

void Progress::show(std::uint64_t packets, double share) {
  const auto now = Clock::now();
  if (!on_terminal_ || now - shown_ < 250ms) return;
  shown_ = now;
  std::fprintf(stderr, "\r\033[K%s", progress_text(packets, share, now - started_).c_str());
}

}  // namespace weir::app
