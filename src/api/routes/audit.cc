// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

// The lines of the log are JSON objects already.
Route audit_route(const AuditLog& audit) {
  return {.pattern = "/api/v1/audit",
          .role = Role::admin,
          .parameters = {"limit"},
          .waits = true,
          .answer = [&audit](const Call& call) {
            QueryReader reader(call.query);
            const std::uint32_t limit = reader.count("limit", 1, 1000, 100);
            if (reader.error()) return problem(400, *reader.error());
            const auto lines = audit.newest(limit);
            if (!lines)
              return problem(503, "The audit log cannot be read; weir's log says why.", lines.error().message());
            return json_response(fmt::format("{{\"items\":[{}]}}", fmt::join(*lines, ",")));
          }};
}

}  // namespace weir::api
