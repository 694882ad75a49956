// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "api/json.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

bool is_ready(const StatusSnapshot& status) {
  return status.store_ok && (status.state == "running" || status.state == "finished");
}

}  // namespace

Route status_route(const StatusSource& status) {
  return {.pattern = "/api/v1/status", .answer = [&status](const Call&) {
            const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
            return json_response(status_json(status.status(), now));
          }};
}

Route health_route(const StatusSource& status) {
  return {.pattern = "/healthz", .open = true, .answer = [&status](const Call&) {
            return json_response(health_json(status.status().version));
          }};
}

Route ready_route(const StatusSource& status) {
  return {.pattern = "/readyz", .open = true, .answer = [&status](const Call&) {
            const StatusSnapshot now = status.status();
            if (is_ready(now)) return json_response(health_json(now.version));
            // Open to everyone, so no details: /api/v1/status has them.
            return problem(503, now.store_ok ? "Weir is not running." : "The store does not answer.");
          }};
}

}  // namespace weir::api
