// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/routes/routes.h"

namespace weir::api {

Route summary_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/summary", .waits = true, .answer = [&store](const Call&) {
            const auto counts = store.counts();
            return counts ? json_response(summary_json(*counts)) : store_failed(counts.error());
          }};
}

}  // namespace weir::api
