// SPDX-License-Identifier: Apache-2.0
#include "store/sql/throughput_statement.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::store::sql {

namespace {

// A time column as microseconds since 1970.
std::string microseconds(const std::string& time, Dialect dialect) {
  if (dialect == Dialect::sqlite) return time;
  return fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", time);
}

// PostgreSQL sums bigint as numeric.
std::string sum(const char* column, Dialect dialect) {
  return fmt::format("sum({}){}", column, dialect == Dialect::postgres ? "::bigint" : "");
}

std::string between(base::Timestamp from, base::Timestamp to, Statement& statement) {
  const std::string lowest = statement.place(from);
  return fmt::format("FROM throughput WHERE at >= {} AND at < {}", lowest, statement.place(to));
}

}  // namespace

Statement extent_statement(base::Timestamp from, base::Timestamp to, Dialect dialect) {
  Statement statement(dialect);
  statement.text = fmt::format("SELECT count(*), count(DISTINCT sensor), {}, {} {}", microseconds("min(at)", dialect),
                               microseconds("max(at)", dialect), between(from, to, statement));
  return statement;
}

Statement throughput_statement(base::Timestamp from, base::Timestamp to, const ThroughputExtent& extent,
                               std::uint32_t max_points, Dialect dialect) {
  Statement statement(dialect);
  const std::string samples = between(from, to, statement);
  if (extent.samples <= max_points) {
    statement.text = fmt::format(
        "SELECT {}, sensor, seconds, packets, bytes, flows_started, flows_open, rejected_packets, dropped_packets {} "
        "ORDER BY at, sensor",
        microseconds("at", dialect), samples);
    return statement;
  }
  const std::int64_t buckets = std::max<std::int64_t>(1, max_points / std::max<std::int64_t>(1, extent.sensors));
  const std::int64_t width = (extent.last_us - extent.first_us) / buckets + 1;
  const std::string first = statement.place(extent.first_us);
  statement.text = fmt::format(
      "SELECT {}, sensor, sum(seconds), {}, {}, {}, max(flows_open), {}, {} {} GROUP BY ({} - {}) / {}, sensor ORDER "
      "BY 1, 2",
      microseconds("max(at)", dialect), sum("packets", dialect), sum("bytes", dialect), sum("flows_started", dialect),
      sum("rejected_packets", dialect), sum("dropped_packets", dialect), samples, microseconds("at", dialect), first,
      statement.place(width));
  return statement;
}

}  // namespace weir::store::sql
