// SPDX-License-Identifier: Apache-2.0
#include "alerting/timeline.h"

#include <utility>

namespace weir::alerting {

namespace {

// Towards the past also before 1970.
std::int64_t floor_divided(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::int64_t Timeline::step_of(base::Timestamp at) const {
  return floor_divided(base::to_us(at), width_s_ * 1'000'000);
}

void Timeline::add(base::Timestamp at, std::int64_t flows) {
  steps_[step_of(at)] += flows;
  widen_until_it_fits();
}

void Timeline::remove(base::Timestamp at) {
  const auto step = steps_.find(step_of(at));
  if (step != steps_.end() && --step->second <= 0) steps_.erase(step);
}

void Timeline::merge(const Timeline& other) {
  Timeline more = other;
  while (more.width_s_ < width_s_) more.widen();
  while (width_s_ < more.width_s_) widen();
  for (const auto& [step, flows] : more.steps_) steps_[step] += flows;
  widen_until_it_fits();
}

void Timeline::widen() {
  width_s_ *= 2;
  std::map<std::int64_t, std::int64_t> wider;
  for (const auto& [step, flows] : steps_) wider[floor_divided(step, 2)] += flows;
  steps_ = std::move(wider);
}

void Timeline::widen_until_it_fits() {
  while (!steps_.empty() && steps_.rbegin()->first - steps_.begin()->first >= kMost) widen();
}

Timeline Timeline::restored(std::int64_t width_s, std::map<std::int64_t, std::int64_t> steps) {
  Timeline timeline;
  timeline.width_s_ = width_s;
  timeline.steps_ = std::move(steps);
  return timeline;
}

}  // namespace weir::alerting
