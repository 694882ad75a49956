// SPDX-License-Identifier: Apache-2.0
// Incidents as rows of table `incidents`, read and written the same way in both databases.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/incident_store.h"
#include "store/sql/session.h"

namespace weir::store::sql {

// A row that is damaged (edited by hand) is shown as far as it can be read.
std::string selected_incident_columns(Dialect dialect, const std::string& table);
alerting::Incident incident_from(const RowReader& row, int first_column = 0);

void upsert_incidents(Session& session, std::span<const alerting::Incident* const> incidents);
// Those that are stored.
void update_incidents(Session& session, std::span<const alerting::Incident* const> incidents);

// One more than the limit; incident_page() makes a page of it. An error: as find_statement().
base::Result<Statement> find_incidents_statement(const IncidentQuery& query, Dialect dialect);
IncidentPage incident_page(std::vector<alerting::Incident> found, const IncidentQuery& query);
bool can_match(const IncidentQuery& query);

std::optional<alerting::Incident> read_incident(Session& session, const std::string& id);
std::vector<alerting::Incident> read_related(Session& session, const std::string& id, std::uint32_t limit);
std::optional<alerting::Incident> judge(Session& session, const std::string& id, const Judgement& judgement);
// The id of one that is to be summed anew.
std::optional<std::string> read_stale_id(Session& session);

}  // namespace weir::store::sql
