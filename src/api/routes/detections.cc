// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

store::DetectionQuery read_query(QueryReader& reader) {
  store::DetectionQuery query;
  query.from = reader.time("from");
  query.to = reader.time("to");
  query.status = reader.word("status", scoring::parse_status, "normal, anomaly or unscored");
  query.attack_type = reader.text("attack_type", 100);
  query.at_least = reader.word("min_severity", alerting::parse_severity, "none, low, medium, high or critical");
  query.host = reader.address("host");
  query.flow_id = reader.text("flow_id", 200);
  query.community_id = reader.text("community_id", 100);
  query.text = reader.text("q", 200);
  query.incident = reader.text("incident", 64);
  query.suppressed = reader.word("suppressed", parse_bool, "true or false");
  query.limit = reader.count("limit", 1, 1000, 100);
  query.cursor = reader.text("cursor", 200).value_or("");
  return query;
}

// The store's errors are sentences, so whether it was the cursor that it refused is asked: does it answer without one?
Response find_failed(store::DetectionStore& store, store::DetectionQuery query, const base::Error& error) {
  if (query.cursor.empty()) return store_failed(error);
  query.cursor.clear();
  query.limit = 1;
  if (!store.find(query)) return store_failed(error);
  return problem(400, "The parameter 'cursor' must be the next_cursor of an earlier page.");
}

}  // namespace

Route detections_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/detections",
          .parameters = {"from", "to", "status", "attack_type", "min_severity", "host", "flow_id", "community_id", "q",
                         "incident", "suppressed", "limit", "cursor"},
          .waits = true,
          .answer = [&store](const Call& call) {
            QueryReader reader(call.query);
            const store::DetectionQuery query = read_query(reader);
            if (reader.error()) return problem(400, *reader.error());
            const auto page = store.find(query);
            return page ? json_response(detection_page_json(*page)) : find_failed(store, query, page.error());
          }};
}

Route detection_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/detections/{flow_uid}", .waits = true, .answer = [&store](const Call& call) {
            const auto uid = flow::FlowUid::parse(call.argument);
            if (!uid) return problem(400, "A flow_uid is 32 lower-case hexadecimal digits.");
            const auto detection = store.get(*uid);
            if (!detection) return store_failed(detection.error());
            if (!*detection) return problem(404, "No flow with this flow_uid is logged.");
            const auto model = store.model((*detection)->model_version);
            if (!model) return store_failed(model.error());
            return json_response(detection_detail_json(**detection, *model));
          }};
}

}  // namespace weir::api
