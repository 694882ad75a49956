// SPDX-License-Identifier: Apache-2.0
#include "api/routes/routes.h"

namespace weir::api {

std::vector<Route> make_routes(store::DetectionStore& store, const StatusSource& status, EventHub& hub,
                               alerting::Suppressions& suppressions) {
  return {
      logs_route(store),
      detections_route(store),
      detection_route(store),
      summary_route(store),
      throughput_route(store),
      features_route(),
      status_route(status),
      stream_route(hub),
      openapi_route(),
      metrics_route(status),
      health_route(status),
      ready_route(status),
      incidents_route(store),
      incident_route(store),
      incident_state_route(store, hub),
      host_route(store),
      suppressions_route(store),
      add_suppression_route(store, suppressions),
      remove_suppression_route(store, suppressions),
      preview_suppression_route(store),
      feedback_route(store),
      add_feedback_route(store),
  };
}

std::vector<Route> make_admin_routes(const Access& access, const AdminParts& parts) {
  std::vector<Route> routes = {login_route(access), session_route(), logout_route(access)};
  if (parts.users != nullptr) {
    routes.push_back(users_route(*parts.users));
    routes.push_back(add_user_route(*parts.users));
    routes.push_back(remove_user_route(*parts.users));
  }
  if (parts.audit != nullptr) routes.push_back(audit_route(*parts.audit));
  if (parts.control != nullptr) routes.push_back(reload_route(*parts.control));
  return routes;
}

Response store_failed(const base::Error& error) {
  return problem(503, "The store does not answer at present.", error.message());
}

}  // namespace weir::api
