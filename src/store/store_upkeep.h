// SPDX-License-Identifier: Apache-2.0
// StoreUpkeep: the part of a store by which it is kept within limits (store/retention.h decides, this does). Any thread.
//
// Everything here is done in small pieces, each a short transaction of its own, so that a write waits for one piece at most.
// The oldest detection is the one that was stored first: replaying an old capture keeps what it finds. Detections on which
// somebody gave feedback are never dropped; training wants them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace weir::store {

struct StoreExtent {
  std::uint64_t bytes = 0;                     // on disk, indexes and logs included
  std::uint64_t used_bytes = 0;                // what rows and their indexes take of it (PostgreSQL: an estimate)
  std::uint64_t detections = 0;                // an estimate; SQLite: exact unless some in the midst are gone;
                                               // PostgreSQL: exact up to some ten thousand
  std::optional<base::Timestamp> oldest = {};  // when the oldest one was scored, wall clock
  bool gives_back = true;                      // give_back() can make it smaller
};

class StoreUpkeep {
 public:
  virtual ~StoreUpkeep() = default;

  virtual base::Result<StoreExtent> extent() = 0;

  // Each drops at most `limit` of the oldest, and returns how many: less than the limit when there are no more.
  // Incidents keep their counts, whatever they lose of their flows.
  virtual base::Result<std::uint64_t> drop_detections(base::Timestamp scored_before, std::uint32_t limit) = 0;
  // Samples more than `age` before the newest one and before every flow that is kept; by default the latter alone.
  virtual base::Result<std::uint64_t> drop_throughput(std::optional<base::Duration> age, std::uint32_t limit) = 0;
  // Closed and dismissed incidents that nobody touched since `changed_before` and of whose flows none is left, and what
  // grouping remembers of times before every flow that is kept. Others stay for good.
  virtual base::Result<std::uint64_t> drop_incidents(base::Timestamp changed_before, std::uint32_t limit) = 0;

  // Gives at most so many bytes of freed space back to the file system; what it gave: 0 when there is nothing worth it.
  // PostgreSQL's autovacuum sees to that by itself.
  virtual base::Result<std::uint64_t> give_back(std::uint64_t most_bytes) = 0;

  // Rewrites everything without gaps. Takes minutes for gigabytes, and needs as much room again; whoever writes meanwhile
  // waits or fails.
  virtual base::Result<> vacuum() = 0;
};

}  // namespace weir::store
