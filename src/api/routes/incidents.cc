// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "api/body_reader.h"
#include "api/incident_json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

constexpr std::uint32_t kRelated = 20;
constexpr std::uint32_t kOfHost = 50;

store::IncidentQuery read_query(QueryReader& reader) {
  store::IncidentQuery query;
  query.from = reader.time("from");
  query.to = reader.time("to");
  query.state = reader.word("state", alerting::parse_incident_state, "open, confirmed, dismissed or closed");
  query.at_least = reader.word("min_severity", alerting::parse_severity, "none, low, medium, high or critical");
  query.attack_type = reader.text("attack_type", 100);
  query.host = reader.address("host");
  query.limit = reader.count("limit", 1, 1000, 100);
  query.cursor = reader.text("cursor", 200).value_or("");
  return query;
}

// Whether it was the cursor that the store refused is asked: does it answer without one?
Response find_failed(store::DetectionStore& store, store::IncidentQuery query, const base::Error& error) {
  if (query.cursor.empty()) return store_failed(error);
  query.cursor.clear();
  query.limit = 1;
  if (!store.find_incidents(query)) return store_failed(error);
  return problem(400, "The parameter 'cursor' must be the next_cursor of an earlier page.");
}

Response no_such_incident() { return problem(404, "There is no incident with this id."); }

// The worst flows that the store still has.
base::Result<std::vector<alerting::Detection>> read_samples(store::DetectionStore& store,
                                                            const alerting::Incident& incident) {
  std::vector<alerting::Detection> worst;
  for (const alerting::IncidentSample& sample : incident.samples) {
    auto detection = store.get(sample.flow);
    if (!detection) return base::fail(detection.error());
    if (*detection) worst.push_back(std::move(**detection));
  }
  return worst;
}

Response answer_incident(store::DetectionStore& store, const std::string& id) {
  const auto incident = store.incident(id);
  if (!incident) return store_failed(incident.error());
  if (!*incident) return no_such_incident();
  const auto worst = read_samples(store, **incident);
  if (!worst) return store_failed(worst.error());
  const auto related = store.related_incidents(id, kRelated);
  if (!related) return store_failed(related.error());
  return json_response(incident_detail_json(**incident, *worst, *related));
}

// Confirming and dismissing is feedback on the model, too.
base::Result<> keep_as_feedback(store::DetectionStore& store, const alerting::Incident& incident,
                                const std::string& attack_type) {
  if (incident.state != alerting::IncidentState::confirmed && incident.state != alerting::IncidentState::dismissed) {
    return {};
  }
  store::Feedback feedback;
  feedback.at = incident.state_at.value_or(incident.updated_at);
  feedback.by = incident.state_by;
  feedback.incident_id = incident.id;
  feedback.is_attack = incident.state == alerting::IncidentState::confirmed;
  feedback.attack_type = attack_type;
  feedback.comment = incident.comment;
  const auto added = store.add_feedback(feedback);
  if (!added) return base::fail(added.error());
  return {};
}

Response judge(store::DetectionStore& store, EventHub& hub, const Call& call) {
  BodyReader body(call.request.body, {"state", "comment", "attack_type"});
  body.require("state");
  const auto state = body.word("state", alerting::parse_incident_state, "open, confirmed, dismissed or closed");
  const auto comment = body.text("comment", 2000);
  const auto attack_type = body.text("attack_type", 100);
  if (body.error()) return problem(400, *body.error());
  const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  const auto judged =
      store.judge_incident(std::string(call.argument), {*state, call.caller.name, comment.value_or(""), now});
  if (!judged) return store_failed(judged.error());
  if (!*judged) return no_such_incident();
  if (const auto kept = keep_as_feedback(store, **judged, attack_type.value_or("")); !kept) {
    return store_failed(kept.error());
  }
  hub.publish(**judged);
  Response response = json_response(incident_json(**judged));
  response.deed = call.request.body;
  return response;
}

}  // namespace

Route incidents_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/incidents",
          .parameters = {"from", "to", "state", "min_severity", "attack_type", "host", "limit", "cursor"},
          .waits = true,
          .answer = [&store](const Call& call) {
            QueryReader reader(call.query);
            const store::IncidentQuery query = read_query(reader);
            if (reader.error()) return problem(400, *reader.error());
            const auto page = store.find_incidents(query);
            return page ? json_response(incident_page_json(*page)) : find_failed(store, query, page.error());
          }};
}

Route incident_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/incidents/{id}", .waits = true, .answer = [&store](const Call& call) {
            return answer_incident(store, std::string(call.argument));
          }};
}

Route incident_state_route(store::DetectionStore& store, EventHub& hub) {
  return {.pattern = "/api/v1/incidents/{id}/state",
          .method = "POST",
          .role = Role::analyst,
          .waits = true,
          .answer = [&store, &hub](const Call& call) { return judge(store, hub, call); }};
}

Route host_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/hosts/{ip}", .waits = true, .answer = [&store](const Call& call) {
            const auto address = base::IpAddress::parse(call.argument);
            if (!address) return problem(400, "A host is an IPv4 or IPv6 address.");
            store::IncidentQuery incidents;
            incidents.host = *address;
            incidents.limit = kOfHost;
            const auto found = store.find_incidents(incidents);
            if (!found) return store_failed(found.error());
            store::DetectionQuery flows;
            flows.host = *address;
            flows.limit = kOfHost;
            const auto newest = store.find(flows);
            if (!newest) return store_failed(newest.error());
            return json_response(host_json(*address, found->incidents, newest->detections));
          }};
}

}  // namespace weir::api
