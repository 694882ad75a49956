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

json key_json(const SessionKey& key) {
  return {
      {"type", storable(key.attack_type)}, {"side", static_cast<int>(key.side)}, {"address", key.address.to_string()}};
}

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

std::vector<std::string> as_vector(std::span<const std::string> texts) { return {texts.begin(), texts.end()}; }

}  // namespace

std::map<SessionKey, std::vector<alerting::Session>> SqlIncidentSpace::find_sessions(
    std::span<const SessionQuery> queries) {
  json asked = json::array();
  for (const SessionQuery& query : queries) {
    json one = key_json(query.key);
    one["from"] = storable_us(query.from);
    one["to"] = storable_us(query.to);
    asked.push_back(std::move(one));
  }
  Statement statement(dialect_);
  // CROSS JOIN: SQLite keeps to the order, a look-up in the index for each that is asked for.
  statement.text = fmt::format(
      "SELECT s.number, s.attack_type, s.side, s.address, {}, {}, s.incident_id, s.ties FROM {} CROSS JOIN "
      "incident_sessions "
      "AS s WHERE s.address = {} AND s.side = {} AND s.attack_type = {} AND s.last >= {} AND s.first <= {}",
      selected_time("s.first", dialect_), selected_time("s.last", dialect_),
      each_element(statement.place(Json{asked.dump()}), dialect_), element("address", "address", dialect_),
      element("side", "integer", dialect_), element("type", "text", dialect_),
      time_of(element("from", "integer", dialect_), dialect_), time_of(element("to", "integer", dialect_), dialect_));
  std::map<SessionKey, std::vector<alerting::Session>> found;
  session_.each(statement, [&found](const RowReader& row) {
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
  RowSet grown, fresh;
  fresh.columns = {{"attack_type", "text"}, {"side", "integer"},     {"address", "address"}, {"first", "time"},
                   {"last", "time"},        {"incident_id", "text"}, {"ties", "jsonb"}};
  grown.columns = fresh.columns;
  grown.columns.push_back({"number", "integer"});
  for (const auto& [key, session] : sessions) {
    std::vector<RowSet::Cell> row = {storable(key.attack_type),
                                     static_cast<std::int64_t>(key.side),
                                     key.address.to_string(),
                                     storable_us(session.first),
                                     storable_us(session.last),
                                     RowSet::Cell(),
                                     RowSet::Cell()};
    if (!session.incident.empty()) row[5] = session.incident;
    if (!session.ties.empty()) row[6] = ties_json(session.ties).dump();
    if (session.row != 0) row.emplace_back(session.row);
    (session.row != 0 ? grown : fresh).rows.push_back(std::move(row));
  }
  // Who and what never changes; so the row stays in its place.
  session_.insert("incident_sessions", grown,
                  "ON CONFLICT (number) DO UPDATE SET first = excluded.first, last = excluded.last, incident_id = "
                  "excluded.incident_id, ties = excluded.ties");
  session_.insert("incident_sessions", fresh, "");
}

std::map<std::string, alerting::Incident> SqlIncidentSpace::load(std::span<const std::string> ids) {
  Statement statement(dialect_);
  statement.text = fmt::format(
      "SELECT asked.id, {} FROM incidents AS asked JOIN incidents AS i ON i.id = coalesce(asked.absorbed_by, asked.id) "
      "WHERE asked.id {}",
      selected_incident_columns(dialect_, "i"),
      in_array(statement.place(json_array(as_vector(ids))), "text", dialect_));
  std::map<std::string, alerting::Incident> found;
  session_.each(statement, [&found](const RowReader& row) { found.emplace(row.text(0), incident_from(row, 1)); });
  for (const auto& [asked, incident] : found) {
    stored_parties_[incident.id] = {{incident.actors.members().begin(), incident.actors.members().end()},
                                    {incident.targets.members().begin(), incident.targets.members().end()}};
  }
  return found;
}

void SqlIncidentSpace::save(std::span<const alerting::Incident> incidents) {
  upsert_incidents(session_, incidents);
  RowSet fresh;
  fresh.columns = {{"address", "address"}, {"side", "integer"}, {"incident_id", "text"}};
  for (const alerting::Incident& incident : incidents) save_parties(incident, fresh);
  session_.insert("incident_parties", fresh, "ON CONFLICT DO NOTHING");
}

// Only what differs from what was loaded: what is gone at once, what is fresh into `fresh`.
void SqlIncidentSpace::save_parties(const alerting::Incident& incident, RowSet& fresh) {
  const Parties& stored = stored_parties_[incident.id];
  const auto save_side = [&](std::int64_t side, const std::set<base::IpAddress>& before,
                             const alerting::AddressSet& set) {
    const std::set<base::IpAddress> now(set.members().begin(), set.members().end());
    std::vector<base::IpAddress> gone, added;
    std::set_difference(before.begin(), before.end(), now.begin(), now.end(), std::back_inserter(gone));
    std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(added));
    if (!gone.empty()) remove_parties(incident.id, side, gone);
    for (const base::IpAddress& address : added) fresh.rows.push_back({address.to_string(), side, incident.id});
  };
  save_side(0, stored.actors, incident.actors);
  save_side(1, stored.targets, incident.targets);
}

void SqlIncidentSpace::remove_parties(const std::string& incident, std::int64_t side,
                                      const std::vector<base::IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const base::IpAddress& address : addresses) texts.push_back(address.to_string());
  Statement statement(dialect_);
  const std::string array = statement.place(json_array(texts));
  const std::string id = statement.place(incident);
  statement.text = fmt::format("DELETE FROM incident_parties WHERE incident_id = {} AND side = {} AND address {}", id,
                               side, in_array(array, "address", dialect_));
  session_.run(statement);
}

void SqlIncidentSpace::run_for(const std::string& text, std::span<const std::string> ids) {
  Statement statement(dialect_);
  const std::string array = statement.place(json_array(as_vector(ids)));
  statement.text = fmt::format(fmt::runtime(text), in_array(array, "text", dialect_));
  session_.run(statement);
}

void SqlIncidentSpace::absorb(const std::string& survivor, std::span<const std::string> ids) {
  // The survivor's name holds hexadecimal digits only.
  run_for("UPDATE detections SET incident_id = '" + survivor + "' WHERE incident_id {}", ids);
  run_for("UPDATE incident_sessions SET incident_id = '" + survivor + "' WHERE incident_id {}", ids);
  run_for("DELETE FROM incident_parties WHERE incident_id {}", ids);
  run_for("UPDATE incidents SET absorbed_by = '" + survivor + "' WHERE absorbed_by {}", ids);
  run_for(
      "UPDATE incidents SET absorbed_by = '" + survivor +
          "', attack_type = NULL, by_victim = NULL, severity = NULL, technique = NULL, first_at = NULL, last_at = "
          "NULL, "
          "flows = NULL, packets = NULL, bytes = NULL, facts = NULL, state = NULL, state_by = NULL, state_at = NULL, "
          "comment = NULL, updated_at = NULL, stale = NULL WHERE id {}",
      ids);
}

void SqlIncidentSpace::remove(std::span<const std::string> ids) {
  run_for("DELETE FROM incidents WHERE id {0} OR absorbed_by {0}", ids);
  run_for("DELETE FROM incident_parties WHERE incident_id {}", ids);
  run_for("DELETE FROM incident_sessions WHERE incident_id {}", ids);
  for (const std::string& id : ids) stored_parties_.erase(id);
}

}  // namespace weir::store::sql
