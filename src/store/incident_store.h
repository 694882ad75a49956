// SPDX-License-Identifier: Apache-2.0
// IncidentStore: the part of a store that keeps incidents, what people say of them, and the rules that hide detections.
// DetectionStore::write() groups; this reads, judges and tidies. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alerting/incident.h"
#include "alerting/suppression.h"
#include "base/clock.h"
#include "base/result.h"

namespace weir::store {

struct IncidentQuery {                      // conditions are joined by AND
  std::optional<base::Timestamp> from, to;  // incidents that reach into from <= t < to
  std::optional<alerting::IncidentState> state;
  std::optional<alerting::Severity> at_least;
  std::optional<std::string> attack_type;
  std::optional<base::IpAddress> host;  // actor or target
  std::uint32_t limit = 100;            // 1 to 1000
  std::string cursor;                   // empty: from the newest on; else next_cursor of the page before
};

struct IncidentPage {                   // newest first by (last_at, id)
  std::vector<alerting::Incident> incidents;
  std::string next_cursor;              // empty: this was the last page
};

struct Judgement {
  alerting::IncidentState state = alerting::IncidentState::open;
  std::string by, comment;
  base::Timestamp at;
};

// What a person says of an incident or a flow; training reads it later.
struct Feedback {
  std::int64_t id = 0;      // given by the store
  base::Timestamp at;       // wall clock
  std::string by;
  std::string incident_id;  // this, or flow_uid, or both
  std::optional<flow::FlowUid> flow;
  bool is_attack = true;    // a true alarm
  std::string attack_type;  // what it was, when the model had it wrong; else empty
  std::string comment;
};

class IncidentStore {
 public:
  virtual ~IncidentStore() = default;

  // A cursor that is not of this store is an error, as is a limit out of range.
  virtual base::Result<IncidentPage> find_incidents(const IncidentQuery& query) = 0;
  // The id of one that became part of another gives that one.
  virtual base::Result<std::optional<alerting::Incident>> incident(const std::string& id) = 0;
  // The others in which an actor of this one takes part, newest first, at most `limit`.
  virtual base::Result<std::vector<alerting::Incident>> related_incidents(const std::string& id,
                                                                          std::uint32_t limit) = 0;
  // Nothing when there is no such incident; else as it is now.
  virtual base::Result<std::optional<alerting::Incident>> judge_incident(const std::string& id,
                                                                         const Judgement& judgement) = 0;
  // Sums one incident anew that flows have left; those that came of it. Nothing when there is none. Of an incident of
  // more than 50,000 flows only the counts are exact then.
  virtual base::Result<std::optional<std::vector<alerting::Incident>>> tidy_one_incident() = 0;

  virtual base::Result<std::int64_t> add_feedback(const Feedback& feedback) = 0;  // its id
  virtual base::Result<std::vector<Feedback>> feedback(std::uint32_t limit) = 0;  // newest first

  // By id; replaces one that is there.
  virtual base::Result<> put_suppression(const alerting::Suppression& suppression) = 0;
  virtual base::Result<bool> remove_suppression(const std::string& id) = 0;     // false: there is none
  virtual base::Result<std::vector<alerting::Suppression>> suppressions() = 0;  // oldest first
};

}  // namespace weir::store
