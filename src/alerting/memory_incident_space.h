// SPDX-License-Identifier: Apache-2.0
// An IncidentSpace in memory, for tests.
#pragma once

#include <algorithm>
#include <set>
#include <utility>

#include "alerting/incident_space.h"

namespace weir::alerting {

class MemoryIncidentSpace : public IncidentSpace {
 public:
  std::map<std::string, Incident> incidents;
  std::map<std::string, std::string> absorbed_by;
  std::map<std::int64_t, std::pair<SessionKey, Session>> sessions;

  std::string resolved(std::string id) const {
    while (absorbed_by.contains(id)) id = absorbed_by.at(id);
    return id;
  }

  std::map<SessionKey, std::vector<Session>> find_sessions(std::span<const SessionQuery> queries) override {
    std::map<SessionKey, std::vector<Session>> found;
    for (const SessionQuery& query : queries) {
      for (const auto& [row, stored] : sessions) {
        const auto& [key, session] = stored;
        if (key == query.key && session.last >= query.from && session.first <= query.to) found[key].push_back(session);
      }
    }
    return found;
  }

  void remove_sessions(std::span<const std::int64_t> rows) override {
    for (const std::int64_t row : rows) sessions.erase(row);
  }

  void put_sessions(std::span<const std::pair<SessionKey, Session>> changed) override {
    for (auto [key, session] : changed) {
      if (session.row == 0) session.row = ++last_row_;
      const SessionChange how = std::exchange(session.changed, SessionChange::none);
      const auto stored = sessions.find(session.row);
      if (stored != sessions.end() && how == SessionChange::later) {
        stored->second.second.last = session.last;  // as it says: nothing else
      } else {
        sessions[session.row] = {key, session};
      }
    }
  }

  FoundIncidents load(std::span<const std::string> names) override {
    FoundIncidents found;
    for (const std::string& name : names) {
      const auto known = incidents.find(resolved(name));
      if (known == incidents.end()) continue;
      found.ids.emplace(name, known->first);
      found.incidents.insert(*known);
    }
    return found;
  }

  void save(std::span<const Incident> changed) override {
    for (const Incident& incident : changed) incidents[incident.id] = incident;
  }

  // Sessions keep the old name, as in a database.
  void absorb(const std::string& survivor, std::span<const std::string> ids) override {
    for (const std::string& id : ids) {
      incidents.erase(id);
      absorbed_by[id] = survivor;
    }
  }

  void remove(std::span<const std::string> ids) override {
    for (const std::string& id : ids) {
      incidents.erase(id);
      std::erase_if(sessions, [&](const auto& stored) { return resolved(stored.second.second.incident) == id; });
      std::set<std::string> names;
      for (const auto& [name, into] : absorbed_by) {
        if (resolved(name) == id) names.insert(name);
      }
      for (const std::string& name : names) absorbed_by.erase(name);
    }
  }

 private:
  std::int64_t last_row_ = 0;
};

}  // namespace weir::alerting
