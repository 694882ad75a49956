// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

// Without bounds a query means "everything": packet time may lie anywhere, so no window before now would do.
constexpr base::Timestamp kEarliest = base::from_us(0);
constexpr base::Timestamp kLatest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

}  // namespace

Route throughput_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/throughput",
          .parameters = {"from", "to", "max_points"},
          .waits = true,
          .answer = [&store](const Call& call) {
            QueryReader reader(call.query);
            const base::Timestamp from = reader.time("from").value_or(kEarliest);
            const base::Timestamp to = reader.time("to").value_or(kLatest);
            const std::uint32_t max_points = reader.count("max_points", 1, 10'000, 600);
            if (reader.error()) return problem(400, *reader.error());

            const auto samples = store.throughput(from, to, max_points);
            return samples ? json_response(throughput_json(*samples)) : store_failed(samples.error());
          }};
}

}  // namespace weir::api
