// SPDX-License-Identifier: Apache-2.0
#include "api/routes/routes.h"

namespace weir::api {

Route stream_route(const EventHub& hub) {
  return {.pattern = "/api/v1/stream", .answer = [&hub](const Call& call) {
            Response response{.content_type = "text/event-stream", .stream = StreamStart{.position = hub.end()}};
            if (const auto& last_id = call.request.last_event_id) {
              const auto position = hub.position_after(*last_id);
              response.stream = {.position = position.value_or(hub.end()), .missed = !position};
            }
            return response;
          }};
}

}  // namespace weir::api
