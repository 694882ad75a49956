// SPDX-License-Identifier: Apache-2.0
#include "store/sql/incident_space.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "store/sql/incident_rows.h"
#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

using alerting::SessionKey;
using alerting::SessionQuery;
using nlohmann::json;

json ties_json(const std::vector<alerting::SessionTie>& ties) {
  json array = json::array();
  for (const alerting::SessionTie& tie : ties) array.push_back({tie.actor.to_string(), tie.incident});
  return array;
}

// What was edited by hand into something else counts as no ties.
std::vector<alerting::SessionTie> ties_from(const std::string& text) {
  std::vector<alerting::SessionTie> ties;
  const json array = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!array.is_array()) return ties;
  for (const json& pair : array) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) continue;
    const auto actor = base::IpAddress::parse(pair[0].get_ref<const std::string&>());
    if (actor) ties.push_back({*actor, pair[1].get<std::string>()});
  }
  std::sort(ties.begin(), ties.end());
  return ties;
}

base::IpAddress address_from(const RowReader& row, int column) {
  std::string text = row.text(column);
  text.resize(std::min(text.size(), text.find('/')));
  return base::IpAddress::parse(text).value_or(base::IpAddress());
}

constexpr std::int64_t kActor = 0, kTarget = 1;  // in table incident_parties

std::vector<std::string> as_vector(std::span<const std::string> texts) { return {texts.begin(), texts.end()}; }

}  // namespace

std::map<SessionKey, std::vector<alerting::Session>> SqlIncidentSpace::find_sessions(
    std::span<const SessionQuery> queries) {
  RowSet asked;
  asked.columns = {
      {"attack_type", "text"}, {"side", "integer"}, {"address", "address"}, {"earliest", "time"}, {"latest", "time"}};
  for (const SessionQuery& query : queries) {
    asked.rows.push_back({storable(query.key.attack_type), static_cast<std::int64_t>(query.key.side),
                          query.key.address.to_string(), storable_us(query.from), storable_us(query.to)});
  }
  // Sessions of one key do not overlap: of those that began before `earliest` only the last can reach into it.
  const std::string text = fmt::format(
      "SELECT s.number, s.attack_type, s.side, s.address, {}, {}, s.incident_id, s.ties FROM incident_sessions AS s{{, "
      "rows}} WHERE s.address = {{address}} AND s.side = {{side}} AND s.attack_type = {{attack_type}} AND s.first <= "
      "{{latest}} AND s.last >= {{earliest}} AND s.first >= coalesce((SELECT max(b.first) FROM incident_sessions AS b "
      "WHERE b.address = {{address}} AND b.side = {{side}} AND b.attack_type = {{attack_type}} AND b.first <= "
      "{{earliest}}), {{earliest}})",
      selected_time("s.first", dialect_), selected_time("s.last", dialect_));
  std::map<SessionKey, std::vector<alerting::Session>> found;
  session_.for_rows(asked, text, [&found](const RowReader& row) {
    SessionKey key{row.text(1), static_cast<alerting::Side>(row.integer(2)), address_from(row, 3)};
    alerting::Session session;
    session.row = row.integer(0);
    session.first = row.time(4);
    session.last = row.time(5);
    session.incident = row.text_or_empty(6);
    if (!row.is_null(7)) session.ties = ties_from(row.text(7));
    found[std::move(key)].push_back(std::move(session));
  });
  return found;
}

void SqlIncidentSpace::remove_sessions(std::span<const std::int64_t> rows) {
  Statement statement(dialect_);
  const std::string array = statement.place(json_array(std::vector<std::int64_t>(rows.begin(), rows.end())));
  statement.text = "DELETE FROM incident_sessions WHERE number " + in_array(array, "integer", dialect_);
  session_.run(statement);
}

void SqlIncidentSpace::put_sessions(std::span<const std::pair<SessionKey, alerting::Session>> sessions) {
  // Who and what never changes, and `first` seldom: it stands in an index, `last` in none.
  RowSet longer, grown, fresh;
  longer.columns = {{"number", "integer"}, {"last", "time"}};
  grown.columns = {
      {"number", "integer"}, {"first", "time"}, {"last", "time"}, {"incident_id", "text"}, {"ties", "jsonb"}};
  fresh.columns = {{"attack_type", "text"}, {"side", "integer"},     {"address", "address"}, {"first", "time"},
                   {"last", "time"},        {"incident_id", "text"}, {"ties", "jsonb"}};
  for (const auto& [key, session] : sessions) {
    const std::int64_t first = storable_us(session.first), last = storable_us(session.last);
    if (session.row != 0 && session.changed == alerting::SessionChange::later) {
      longer.rows.push_back({session.row, last});
      continue;
    }
    RowSet::Cell incident, ties;
    if (!session.incident.empty()) incident = session.incident;
    if (!session.ties.empty()) ties = ties_json(session.ties).dump();
    if (session.row != 0) {
      grown.rows.push_back({session.row, first, last, std::move(incident), std::move(ties)});
    } else {
      fresh.rows.push_back({storable(key.attack_type), static_cast<std::int64_t>(key.side), key.address.to_string(),
                            first, last, std::move(incident), std::move(ties)});
    }
  }
  session_.for_rows(longer, "UPDATE incident_sessions AS s SET last = {last}{from rows} WHERE s.number = {number}");
  session_.for_rows(
      grown,
      "UPDATE incident_sessions AS s SET first = {first}, last = {last}, incident_id = {incident_id}, ties "
      "= {ties}{from rows} WHERE s.number = {number}");
  session_.insert("incident_sessions", fresh, "");
}

// Names first: a great many may lead to one incident, which is large.
alerting::FoundIncidents SqlIncidentSpace::load(std::span<const std::string> names) {
  alerting::FoundIncidents found;
  std::set<std::string> ids;
  Statement what_they_are(dialect_);
  what_they_are.text =
      "SELECT asked.id, coalesce(asked.absorbed_by, asked.id) FROM incidents AS asked WHERE asked.id " +
      in_array(what_they_are.place(json_array(as_vector(names))), "text", dialect_);
  session_.each(what_they_are, [&](const RowReader& row) {
    found.ids.emplace(row.text(0), row.text(1));
    ids.insert(row.text(1));
  });
  if (ids.empty()) return found;
  Statement statement(dialect_);
  statement.text = fmt::format(
      "SELECT {} FROM incidents AS i WHERE i.id {}", selected_incident_columns(dialect_, "i"),
      in_array(statement.place(json_array(std::vector<std::string>(ids.begin(), ids.end()))), "text", dialect_));
  session_.each(statement, [&](const RowReader& row) {
    alerting::Incident incident = incident_from(row, 0);
    stored_parties_[incident.id] = {{incident.actors.members().begin(), incident.actors.members().end()},
                                    {incident.targets.members().begin(), incident.targets.members().end()}};
    std::string id = incident.id;
    found.incidents.emplace(std::move(id), std::move(incident));
  });
  std::erase_if(found.ids, [&found](const auto& name) { return !found.incidents.contains(name.second); });
  return found;
}

void SqlIncidentSpace::save(std::span<const alerting::Incident> incidents) {
  std::vector<const alerting::Incident*> known, fresh;
  for (const alerting::Incident& incident : incidents) {
    (stored_parties_.contains(incident.id) ? known : fresh).push_back(&incident);
  }
  update_incidents(session_, known);
  upsert_incidents(session_, fresh);
  RowSet gone, added;
  gone.columns = added.columns = {{"address", "address"}, {"side", "integer"}, {"incident_id", "text"}};
  for (const alerting::Incident& incident : incidents) compare_parties(incident, gone, added);
  remove_parties(gone);
  session_.insert("incident_parties", added, "ON CONFLICT DO NOTHING");
}

// What differs from what was loaded.
void SqlIncidentSpace::compare_parties(const alerting::Incident& incident, RowSet& gone, RowSet& added) {
  Parties& stored = stored_parties_[incident.id];
  const auto compare = [&](std::int64_t side, std::set<base::IpAddress>& before, const alerting::AddressSet& set) {
    // Mostly nothing differs.
    const bool same = set.members().size() == before.size() &&
                      std::all_of(set.members().begin(), set.members().end(),
                                  [&before](const base::IpAddress& address) { return before.contains(address); });
    if (same) return;
    std::set<base::IpAddress> now(set.members().begin(), set.members().end());
    std::vector<base::IpAddress> differing;
    std::set_difference(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(differing));
    for (const base::IpAddress& a : differing) gone.rows.push_back({a.to_string(), side, incident.id});
    differing.clear();
    std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(differing));
    for (const base::IpAddress& a : differing) added.rows.push_back({a.to_string(), side, incident.id});
    before = std::move(now);
  };
  compare(kActor, stored.actors, incident.actors);
  compare(kTarget, stored.targets, incident.targets);
}

void SqlIncidentSpace::remove_parties(const RowSet& parties) {
  session_.for_rows(parties,
                    session_.dialect() == Dialect::sqlite
                        ? "DELETE FROM incident_parties WHERE address = {address} AND side = {side} AND incident_id = "
                          "{incident_id}"
                        : "DELETE FROM incident_parties AS p USING {rows} WHERE p.address = {address} AND p.side = "
                          "{side} AND p.incident_id = {incident_id}");
}

// All that were loaded or written of these.
void SqlIncidentSpace::remove_parties_of(std::span<const std::string> ids) {
  RowSet gone;
  gone.columns = {{"address", "address"}, {"side", "integer"}, {"incident_id", "text"}};
  for (const std::string& id : ids) {
    const auto stored = stored_parties_.find(id);
    if (stored == stored_parties_.end()) continue;
    for (const base::IpAddress& actor : stored->second.actors) gone.rows.push_back({actor.to_string(), kActor, id});
    for (const base::IpAddress& target : stored->second.targets) gone.rows.push_back({target.to_string(), kTarget, id});
    stored_parties_.erase(stored);
  }
  remove_parties(gone);
}

void SqlIncidentSpace::run_for(const std::string& text, std::span<const std::string> ids) {
  Statement statement(dialect_);
  const std::string array = statement.place(json_array(as_vector(ids)));
  statement.text = fmt::format(fmt::runtime(text), in_array(array, "text", dialect_));
  session_.run(statement);
}

// Sessions keep the name; load() says what it has become, and it is written anew when they change.
void SqlIncidentSpace::absorb(const std::string& survivor, std::span<const std::string> ids) {
  // The survivor's name holds hexadecimal digits only. What an index leaves out is said, for PostgreSQL to use it.
  run_for("UPDATE detections SET incident_id = '" + survivor + "' WHERE incident_id IS NOT NULL AND incident_id {}",
          ids);
  run_for("UPDATE incidents SET absorbed_by = '" + survivor + "' WHERE absorbed_by IS NOT NULL AND absorbed_by {}",
          ids);
  remove_parties_of(ids);
  run_for(
      "UPDATE incidents SET absorbed_by = '" + survivor +
          "', attack_type = NULL, by_victim = NULL, severity = NULL, technique = NULL, first_at = NULL, last_at = "
          "NULL, "
          "flows = NULL, packets = NULL, bytes = NULL, facts = NULL, state = NULL, state_by = NULL, state_at = NULL, "
          "comment = NULL, updated_at = NULL, stale = NULL WHERE id {}",
      ids);
}

void SqlIncidentSpace::remove(std::span<const std::string> ids) {
  const auto incidents = load(ids).incidents;
  remove_parties_of(ids);
  std::vector<std::string> names = as_vector(ids);
  Statement led_here(dialect_);
  led_here.text = "SELECT id FROM incidents WHERE absorbed_by IS NOT NULL AND absorbed_by " +
                  in_array(led_here.place(json_array(names)), "text", dialect_);
  session_.each(led_here, [&names](const RowReader& row) { names.push_back(row.text(0)); });
  remove_sessions_of(incidents, names);
  run_for("DELETE FROM incidents WHERE id {}", names);
}

// The sessions that have one of `names`: of addresses that the incidents know. When there were more addresses than they
// keep, every session is looked at; such incidents are few, and this happens when one is summed anew or dropped for good.
void SqlIncidentSpace::remove_sessions_of(const std::map<std::string, alerting::Incident>& incidents,
                                          const std::vector<std::string>& names) {
  bool all_known = true;
  std::set<std::string> addresses;
  for (const auto& [id, incident] : incidents) {
    for (const alerting::AddressSet* set : {&incident.actors, &incident.targets}) {
      all_known = all_known && !set->is_estimate();
      for (const base::IpAddress& address : set->members()) addresses.insert(address.to_string());
    }
  }
  Statement statement(dialect_);
  statement.text = "DELETE FROM incident_sessions WHERE incident_id " +
                   in_array(statement.place(json_array(names)), "text", dialect_);
  if (all_known) {
    const Json known = json_array(std::vector<std::string>(addresses.begin(), addresses.end()));
    statement.text += " AND address " + in_array(statement.place(known), "address", dialect_);
  }
  session_.run(statement);
}

}  // namespace weir::store::sql
