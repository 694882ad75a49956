// SPDX-License-Identifier: Apache-2.0
// The routes of the API, one file each, as openapi.yaml describes them (a test compares the two).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "alerting/suppression.h"
#include "api/access.h"
#include "api/audit_log.h"
#include "api/control.h"
#include "api/event_hub.h"
#include "api/request.h"
#include "api/status_source.h"
#include "api/token_store.h"
#include "base/result.h"
#include "store/detection_store.h"

namespace weir::api {

Route logs_route(store::DetectionStore& store);
Route detections_route(store::DetectionStore& store);
Route detection_route(store::DetectionStore& store);
Route summary_route(store::DetectionStore& store);
Route throughput_route(store::DetectionStore& store);
Route features_route();
Route status_route(const StatusSource& status);
Route stream_route(const EventHub& hub);
Route openapi_route();
Route metrics_route(const StatusSource& status);
Route health_route(const StatusSource& status);
Route ready_route(const StatusSource& status);

Route incidents_route(store::DetectionStore& store);
Route incident_route(store::DetectionStore& store);
Route incident_state_route(store::DetectionStore& store, EventHub& hub);
Route host_route(store::DetectionStore& store);
// Changes are in force at once: in the store for the next start, in `live` for this one.
Route suppressions_route(store::DetectionStore& store);
Route add_suppression_route(store::DetectionStore& store, alerting::Suppressions& live);
Route remove_suppression_route(store::DetectionStore& store, alerting::Suppressions& live);
Route preview_suppression_route(store::DetectionStore& store);
Route feedback_route(store::DetectionStore& store);
Route add_feedback_route(store::DetectionStore& store);

// What the page's login and an admin's routes work on; all borrowed, each may be null, and then its routes are not there.
struct AdminParts {
  TokenStore* users = nullptr;
  const AuditLog* audit = nullptr;
  Control* control = nullptr;
};
Route login_route(const Access& access);
Route session_route();
Route logout_route(const Access& access);
Route users_route(const TokenStore& users);
Route add_user_route(TokenStore& users);
Route remove_user_route(TokenStore& users);
Route audit_route(const AuditLog& audit);
Route reload_route(Control& control);
std::vector<Route> make_admin_routes(const Access& access, const AdminParts& parts);

// All others. What they are given is borrowed.
std::vector<Route> make_routes(store::DetectionStore& store, const StatusSource& status, EventHub& hub,
                               alerting::Suppressions& suppressions);

std::string_view openapi_yaml();

// 503: the store did not answer. Its own words go to the log: they may name what callers need not know.
Response store_failed(const base::Error& error);

}  // namespace weir::api
