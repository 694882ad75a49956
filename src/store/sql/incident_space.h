// SPDX-License-Identifier: Apache-2.0
// SqlIncidentSpace: what grouping reads and writes, within a transaction of either database.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "alerting/incident_space.h"
#include "store/sql/session.h"

namespace weir::store::sql {

class SqlIncidentSpace final : public alerting::IncidentSpace {
 public:
  explicit SqlIncidentSpace(Session& session) : session_(session), dialect_(session.dialect()) {}

  std::map<alerting::SessionKey, std::vector<alerting::Session>> find_sessions(
      std::span<const alerting::SessionQuery> queries) override;
  void remove_sessions(std::span<const std::int64_t> rows) override;
  void put_sessions(std::span<const std::pair<alerting::SessionKey, alerting::Session>> sessions) override;

  alerting::FoundIncidents load(std::span<const std::string> names) override;
  void save(std::span<const alerting::Incident> incidents) override;
  void absorb(const std::string& survivor, std::span<const std::string> ids) override;
  void remove(std::span<const std::string> ids) override;

 private:
  struct Parties {
    std::set<base::IpAddress> actors, targets;
  };

  void compare_parties(const alerting::Incident& incident, RowSet& gone, RowSet& added);
  void remove_parties(const RowSet& parties);
  void remove_parties_of(std::span<const std::string> ids);
  void remove_sessions_of(const std::map<std::string, alerting::Incident>& incidents,
                          const std::vector<std::string>& names);
  // Runs `text` with {} replaced by a condition on the ids.
  void run_for(const std::string& text, std::span<const std::string> ids);

  Session& session_;
  const Dialect dialect_;
  std::map<std::string, Parties> stored_parties_;  // of what was loaded or written
};

}  // namespace weir::store::sql
