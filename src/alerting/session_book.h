// SPDX-License-Identifier: Apache-2.0
// SessionBook: the sessions that a batch of flows touches, read from the space at first and written back at the end. Finds
// the incident of each flow, and links incidents that a flow or a swarm makes one. One thread, one transaction.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "alerting/incident_grouping.h"
#include "alerting/incident_links.h"
#include "alerting/incident_space.h"

namespace weir::alerting {

class SessionBook {
 public:
  SessionBook(IncidentSpace& space, const GroupingRules& rules, IncidentLinks& links, base::Timestamp wall)
      : space_(space), rules_(rules), links_(links), wall_(wall) {}

  // The next incident that begins takes this name instead of its own.
  void reuse_name(std::string id) { reusable_ = std::move(id); }

  // Names the incident of each flow, in the order of the flows given (earliest first). Call once.
  std::vector<std::string> name_incidents(const std::vector<const Detection*>& flows);

  // `final_name` says what a name has become.
  void write(const std::function<std::string(const std::string&)>& final_name);

 private:
  void read_sessions(const std::vector<const Detection*>& flows);
  std::string name_incident(const Detection& flow);
  Session& session_of(const Detection& flow, Side side);
  void take_over(Session& into, Session& from);
  void give_incident(Session& session, const std::string& incident);
  void tie(Session& victim, SessionTie tie);
  void gather_ties(Session& session);
  std::string new_name(const Detection& flow);

  IncidentSpace& space_;
  const GroupingRules& rules_;
  IncidentLinks& links_;
  const base::Timestamp wall_;
  std::string reusable_;
  std::map<SessionKey, std::vector<Session>> sessions_;
  std::vector<std::int64_t> gone_;  // rows of sessions that others took over
};

}  // namespace weir::alerting
