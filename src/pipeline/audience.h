// SPDX-License-Identifier: Apache-2.0
// Audience: who hears of detections beside the store, and does not depend on it.
#pragma once

#include <span>

#include "alerting/detection.h"
#include "api/status_source.h"

namespace weir::pipeline {

class Audience {
 public:
  virtual ~Audience() = default;

  // Whether tell() is to get the ends of flows that are not kept.
  virtual bool wants_every_flow() const = 0;

  // What is handed to the store's writer, and flows that ended and are not kept. The scoring thread; must not block for long.
  virtual void tell(std::span<const alerting::Detection> kept, std::span<const alerting::Detection> ended) = 0;

  // For checkpoints: mark() by the scoring thread, then is_settled() from any, whether all that was told before is where a kill
  // does not lose it.
  virtual void mark() = 0;
  virtual bool is_settled() const = 0;

  // Any thread.
  virtual void add_to(api::StatusSnapshot& status) const = 0;
};

}  // namespace weir::pipeline
