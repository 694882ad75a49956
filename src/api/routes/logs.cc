// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

Route logs_route(store::DetectionStore& store) {
  return {.pattern = "/logs", .parameters = {"limit", "since"}, .waits = true, .answer = [&store](const Call& call) {
            QueryReader reader(call.query);
            store::DetectionQuery query;
            query.limit = reader.count("limit", 1, 1000, 100);
            query.from = reader.time("since");
            if (reader.error()) return problem(400, *reader.error());

            const auto page = store.find(query);
            return page ? json_response(log_json(page->detections)) : store_failed(page.error());
          }};
}

}  // namespace weir::api
