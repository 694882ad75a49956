// SPDX-License-Identifier: Apache-2.0
// Grouping within a store's transaction: alerting/incident_grouping.h, with what is stored on one side and the batch on the
// other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "alerting/incident_grouping.h"
#include "store/sql/session.h"

namespace weir::store::sql {

struct GroupedBatch {
  std::vector<alerting::Detection> detections;  // merged with what was stored, each with its incident_id
  std::vector<alerting::Incident> incidents;    // that changed
};

// `batch` holds each flow once, `stored` those of its flows that are stored already.
GroupedBatch group_batch(Session& session, std::vector<alerting::Detection> batch,
                         const std::vector<alerting::Detection>& stored, const alerting::GroupingRules& rules,
                         base::Timestamp wall);

// One stale incident; nothing when there is none. `members` reads the detections of an incident.
using ReadMembers = std::function<std::vector<alerting::Detection>(const std::string& incident_id)>;
std::optional<std::vector<alerting::Incident>> tidy_one(Session& session, const ReadMembers& members,
                                                        const alerting::GroupingRules& rules, base::Timestamp wall);

// "SELECT <columns> FROM detections WHERE flow_uid IN (those of the batch)"
Statement stored_flows_statement(const std::vector<alerting::Detection>& batch, const std::string& columns,
                                 Dialect dialect);
Statement members_statement(const std::string& incident_id, const std::string& columns, Dialect dialect);

// Wall clock that never gives the same twice. One thread at a time.
class BatchClock {
 public:
  base::Timestamp next();

 private:
  base::Timestamp last_;
};

}  // namespace weir::store::sql
