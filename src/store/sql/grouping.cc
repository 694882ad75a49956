// SPDX-License-Identifier: Apache-2.0
#include "store/sql/grouping.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "store/sql/incident_rows.h"
#include "store/sql/incident_space.h"

namespace weir::store::sql {

namespace {

using alerting::Detection;
using alerting::Incident;

// Beyond it an incident that loses a flow is not summed anew: its counts are exact all the same, and what a maximum or a
// set remembers of one flow in so many hardly matters.
constexpr std::uint64_t kMostFlowsSummedAnew = 50'000;

void rename_incident_of(Session& session, const std::string& incident, const std::vector<std::string>& flows) {
  Statement statement(session.dialect());
  const std::string id = statement.place(incident);
  const std::string array = statement.place(json_array(flows));
  statement.text =
      fmt::format("UPDATE detections SET incident_id = {} WHERE flow_uid {}", id,
                  in_array(array, session.dialect() == Dialect::sqlite ? "text" : "uuid", session.dialect()));
  session.run(statement);
}

std::vector<Incident> settled(Session& session, Incident&& incident) {
  incident.stale = false;
  const Incident* const one = &incident;
  update_incidents(session, {&one, 1});
  return {std::move(incident)};
}

}  // namespace

GroupedBatch group_batch(Session& session, std::vector<Detection> batch, const std::vector<Detection>& stored,
                         const alerting::GroupingRules& rules, base::Timestamp wall) {
  std::map<flow::FlowUid, const Detection*> known;
  for (const Detection& detection : stored) known.emplace(detection.flow.uid, &detection);
  std::vector<alerting::FlowChange> changes;
  for (Detection& detection : batch) {
    const auto before = known.find(detection.flow.uid);
    detection.incident_id.clear();
    if (before != known.end()) {
      alerting::merge(detection, *before->second);
      detection.sensor = before->second->sensor;
    }
    const bool was_member = before != known.end() && !before->second->incident_id.empty();
    if (was_member || alerting::belongs_to_incident(detection)) {
      changes.push_back({before == known.end() ? nullptr : before->second, &detection});
    }
  }
  GroupedBatch grouped;
  if (!changes.empty()) {
    SqlIncidentSpace space(session);
    grouped.incidents = alerting::group(changes, space, rules, wall);
  }
  grouped.detections = std::move(batch);
  return grouped;
}

std::optional<std::vector<Incident>> tidy_one(Session& session, const ReadMembers& members,
                                              const alerting::GroupingRules& rules, base::Timestamp wall) {
  const auto id = read_stale_id(session);
  if (!id) return std::nullopt;
  auto incident = read_incident(session, *id);
  if (!incident) return std::nullopt;
  if (incident->flows > kMostFlowsSummedAnew) return settled(session, std::move(*incident));
  std::vector<Detection> flows = members(*id);
  // Retention has dropped some of its flows: what they added must stay, so its sums do too.
  if (flows.size() < incident->flows) return settled(session, std::move(*incident));
  SqlIncidentSpace space(session);
  auto incidents = alerting::regroup(*id, flows, space, rules, wall);
  std::map<std::string, std::vector<std::string>> moved;
  for (const Detection& flow : flows) {
    if (flow.incident_id != *id) moved[flow.incident_id].push_back(flow.flow.uid.to_string());
  }
  for (const auto& [to, uids] : moved) rename_incident_of(session, to, uids);
  return incidents;
}

Statement stored_flows_statement(const std::vector<Detection>& batch, const std::string& columns, Dialect dialect) {
  std::vector<std::string> uids;
  for (const Detection& detection : batch) uids.push_back(detection.flow.uid.to_string());
  Statement statement(dialect);
  statement.text =
      fmt::format("SELECT {} FROM detections WHERE flow_uid {}", columns,
                  in_array(statement.place(json_array(uids)), dialect == Dialect::sqlite ? "text" : "uuid", dialect));
  return statement;
}

Statement members_statement(const std::string& incident_id, const std::string& columns, Dialect dialect) {
  Statement statement(dialect);
  statement.text =
      fmt::format("SELECT {} FROM detections WHERE incident_id = {}", columns, statement.place(incident_id));
  return statement;
}

base::Timestamp BatchClock::next() {
  const auto now = std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  return last_ = std::max(now, last_ + base::Duration(1));
}

}  // namespace weir::store::sql
