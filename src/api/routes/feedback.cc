// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "api/body_reader.h"
#include "api/incident_json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

std::optional<bool> parse_verdict(std::string_view text) {
  if (text == "true_alarm") return true;
  if (text == "false_alarm") return false;
  return std::nullopt;
}

Response add(store::DetectionStore& store, const Call& call) {
  BodyReader body(call.request.body, {"incident_id", "flow_uid", "verdict", "attack_type", "comment"});
  body.require("verdict");
  store::Feedback feedback;
  feedback.at = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  feedback.by = call.caller.name;
  feedback.is_attack = body.word("verdict", parse_verdict, "true_alarm or false_alarm").value_or(true);
  feedback.flow = body.word("flow_uid", flow::FlowUid::parse, "32 lower-case hexadecimal digits");
  feedback.incident_id = body.text("incident_id", 16).value_or("");
  feedback.attack_type = body.text("attack_type", 100).value_or("");
  feedback.comment = body.text("comment", 2000).value_or("");
  if (body.error()) return problem(400, *body.error());
  if (!feedback.flow && feedback.incident_id.empty()) {
    return problem(400, "Feedback is on a flow or an incident: 'flow_uid' or 'incident_id' must be there.");
  }
  if (feedback.flow) {
    const auto known = store.get(*feedback.flow);
    if (!known) return store_failed(known.error());
    if (!*known) return problem(404, "No flow with this flow_uid is logged.");
  }
  if (!feedback.incident_id.empty()) {
    const auto known = store.incident(feedback.incident_id);
    if (!known) return store_failed(known.error());
    if (!*known) return problem(404, "There is no incident with this id.");
  }
  const auto id = store.add_feedback(feedback);
  if (!id) return store_failed(id.error());
  feedback.id = *id;
  Response response = json_response(feedback_json(feedback));
  response.status = 201;
  response.deed = call.request.body;
  return response;
}

}  // namespace

Route feedback_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/feedback", .parameters = {"limit"}, .waits = true, .answer = [&store](const Call& call) {
            QueryReader reader(call.query);
            const std::uint32_t limit = reader.count("limit", 1, 1000, 100);
            if (reader.error()) return problem(400, *reader.error());
            const auto all = store.feedback(limit);
            return all ? json_response(feedback_list_json(*all)) : store_failed(all.error());
          }};
}

Route add_feedback_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/feedback",
          .method = "POST",
          .role = Role::analyst,
          .waits = true,
          .answer = [&store](const Call& call) { return add(store, call); }};
}

}  // namespace weir::api
