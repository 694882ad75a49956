// SPDX-License-Identifier: Apache-2.0
// What is kept of one key of the host context: sums over two windows, sketches, habits. Plain data, all zero at first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "features/recent_habits.h"
#include "features/sketches.h"

namespace weir::features {

// Where two sliding windows stand: in which generation, and how much of the one before they still cover.
struct WindowClock {
  static constexpr std::array<base::Duration, 2> kLengths = {std::chrono::seconds(10), std::chrono::seconds(60)};

  std::array<std::int64_t, 2> generation{};
  std::array<float, 2> share_of_before{};

  static WindowClock at(base::Timestamp slice_end) {
    WindowClock clock;
    for (std::size_t w = 0; w < kLengths.size(); ++w) {
      const std::int64_t length = kLengths[w].count(), last_us = base::to_us(slice_end) - 1;
      clock.generation[w] = last_us / length - (last_us % length < 0);
      const auto elapsed = static_cast<float>(last_us + 1 - clock.generation[w] * length);
      clock.share_of_before[w] = 1 - elapsed / static_cast<float>(length);
    }
    return clock;
  }
};

struct HostSums {
  float flows = 0, unanswered = 0, refused = 0, empty = 0, rows = 0, packets = 0, fwd_bytes = 0, bwd_bytes = 0,
        errors = 0;

  void add(const HostSums& other, float weight = 1) {
    flows += weight * other.flows;
    unanswered += weight * other.unanswered;
    refused += weight * other.refused;
    empty += weight * other.empty;
    rows += weight * other.rows;
    packets += weight * other.packets;
    fwd_bytes += weight * other.fwd_bytes;
    bwd_bytes += weight * other.bwd_bytes;
    errors += weight * other.errors;
  }
};

// `Distinct` things are told apart in both windows, `Concentrated` ones in the long window.
template <std::size_t Distinct, std::size_t Concentrated>
struct HostState {
  struct Window {
    std::int64_t generation = 0;
    HostSums now, before;
    std::array<DistinctWindow, Distinct> distinct{};
  };
  std::array<Window, 2> windows{};
  std::array<ConcentrationWindow, Concentrated> concentrated{};
  RecentHabits habits{};
  std::int32_t open = 0;

  // To be called before anything is added or read.
  void roll(const WindowClock& clock) {
    for (std::size_t w = 0; w < windows.size(); ++w) {
      const std::int64_t steps = clock.generation[w] - windows[w].generation;
      if (steps == 0) continue;
      for (std::int64_t step = 0; step < std::min<std::int64_t>(steps, 2); ++step) next_generation(w);
      windows[w].generation = clock.generation[w];
    }
  }

  HostSums sums(std::size_t window, const WindowClock& clock) const {
    HostSums sums = windows[window].now;
    sums.add(windows[window].before, clock.share_of_before[window]);
    return sums;
  }

  void add(const HostSums& sums) {
    for (Window& window : windows) window.now.add(sums);
  }
  void add_distinct(std::size_t which, std::uint64_t hash) {
    for (Window& window : windows) window.distinct[which].add(hash);
  }
  void add_open(std::int8_t change) { open = std::max(0, open + change); }

 private:
  void next_generation(std::size_t w) {
    Window& window = windows[w];
    window.before = window.now;
    window.now = {};
    for (DistinctWindow& each : window.distinct) each.next_generation();
    if (w == 1) {
      for (ConcentrationWindow& each : concentrated) each.next_generation();
    }
  }
};

}  // namespace weir::features
