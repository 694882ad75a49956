// SPDX-License-Identifier: Apache-2.0
// Timeline: how many flows when, in at most kMost steps whatever the length.
//
// Steps are absolute multiples of a width that doubles (10 s, 20 s, 40 s ...) until the whole span fits: so the same flows
// give the same picture in any order, and what was added can be taken out again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "base/clock.h"

namespace weir::alerting {

class Timeline {
 public:
  static constexpr std::int64_t kMost = 60;
  static constexpr std::int64_t kNarrowest = 10;  // seconds

  void add(base::Timestamp at, std::int64_t flows = 1);
  // Of what was added at `at` before. The steps never get narrower again.
  void remove(base::Timestamp at);
  void merge(const Timeline& other);

  std::int64_t width_s() const { return width_s_; }
  // Begin of a step, in units of the width since 1970 -> flows.
  const std::map<std::int64_t, std::int64_t>& steps() const { return steps_; }
  static Timeline restored(std::int64_t width_s, std::map<std::int64_t, std::int64_t> steps);

  friend bool operator==(const Timeline&, const Timeline&) = default;

 private:
  std::int64_t step_of(base::Timestamp at) const;
  void widen();
  void widen_until_it_fits();

  std::int64_t width_s_ = kNarrowest;
  std::map<std::int64_t, std::int64_t> steps_;
};

}  // namespace weir::alerting
