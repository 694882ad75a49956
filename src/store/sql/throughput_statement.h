// SPDX-License-Identifier: Apache-2.0
// A stretch of throughput as SQL, thinned to as many points as a picture has.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "store/sql/statement.h"

namespace weir::store::sql {

// What is there to thin: asked for first, by extent_statement(), which gives these as columns in this order.
struct ThroughputExtent {
  std::int64_t samples = 0;
  std::int64_t sensors = 0;
  std::int64_t first_us = 0;  // undefined when there are no samples
  std::int64_t last_us = 0;
};
Statement extent_statement(base::Timestamp from, base::Timestamp to, Dialect dialect);

// Samples in the columns of throughput_columns(), times in microseconds, oldest first. When there are more than
// max_points, neighbours in time of one sensor become one: counts are summed, flows_open is the largest.
Statement throughput_statement(base::Timestamp from, base::Timestamp to, const ThroughputExtent& extent,
                               std::uint32_t max_points, Dialect dialect);

}  // namespace weir::store::sql
