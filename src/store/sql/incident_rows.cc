// SPDX-License-Identifier: Apache-2.0
#include "store/sql/incident_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "store/sql/incident_facts.h"
#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

constexpr std::uint32_t kMaxLimit = 1000;
// An actor's other incidents are found by these many of an incident's actors.
constexpr std::size_t kMostActorsAsked = 16;

enum class Kind : std::uint8_t { text, integer, boolean, time, json };

struct Column {
  const char* name;
  Kind kind;
};

constexpr Column kColumns[] = {
    {"id", Kind::text},         {"attack_type", Kind::text}, {"by_victim", Kind::boolean}, {"severity", Kind::text},
    {"technique", Kind::text},  {"first_at", Kind::time},    {"last_at", Kind::time},      {"flows", Kind::integer},
    {"packets", Kind::integer}, {"bytes", Kind::integer},    {"facts", Kind::json},        {"state", Kind::text},
    {"state_by", Kind::text},   {"state_at", Kind::time},    {"comment", Kind::text},      {"updated_at", Kind::time},
    {"stale", Kind::boolean},
};

const char* type_of(Kind kind) {
  switch (kind) {
    case Kind::text: return "text";
    case Kind::integer: return "integer";
    case Kind::boolean: return "boolean";
    case Kind::time: return "time";
    case Kind::json: return "jsonb";
  }
  return "text";
}

RowSet::Cell time_cell(std::optional<base::Timestamp> time) {
  return time ? RowSet::Cell(storable_us(*time)) : RowSet::Cell();
}

std::int64_t fitting(std::uint64_t count) {
  return static_cast<std::int64_t>(
      std::min(count, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

// In the order of kColumns.
std::vector<RowSet::Cell> to_cells(const alerting::Incident& i) {
  return {i.id,
          storable(i.attack_type),
          std::int64_t{i.by_victim},
          std::string(to_string(i.severity)),
          storable(i.technique),
          time_cell(i.first_at),
          time_cell(i.last_at),
          fitting(i.flows),
          fitting(i.packets),
          fitting(i.bytes),
          facts_json(i),
          std::string(to_string(i.state)),
          storable(i.state_by),
          time_cell(i.state_at),
          storable(i.comment),
          time_cell(i.updated_at),
          std::int64_t{i.stale}};
}

RowSet rows_of(std::span<const alerting::Incident* const> incidents) {
  RowSet rows;
  for (const Column& column : kColumns) rows.columns.push_back({column.name, type_of(column.kind)});
  for (const alerting::Incident* incident : incidents) rows.rows.push_back(to_cells(*incident));
  return rows;
}

// All columns but the id.
template <class ValueOf>
std::string assignments(ValueOf value_of) {
  std::vector<std::string> all;
  for (const Column& column : kColumns) {
    const std::string name = column.name;
    if (name != "id") all.push_back(name + " = " + value_of(name));
  }
  return joined(all);
}

struct Cursor {
  std::int64_t last_us = 0;
  std::string id;
};

std::optional<Cursor> parse_cursor(std::string_view text) {  // "<microseconds since 1970>.<id>"
  Cursor cursor;
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, cursor.last_us);
  if (error != std::errc() || end != text.data() + dot) return std::nullopt;
  cursor.id = text.substr(dot + 1);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (cursor.id.size() != 16 || !std::all_of(cursor.id.begin(), cursor.id.end(), is_hex)) return std::nullopt;
  return cursor;
}

std::string severities_from(alerting::Severity least) {
  std::vector<std::string> names;
  for (int s = static_cast<int>(least); s <= static_cast<int>(alerting::Severity::critical); ++s) {
    names.push_back(fmt::format("'{}'", to_string(static_cast<alerting::Severity>(s))));
  }
  return joined(names);
}

std::vector<alerting::Incident> read_all(Session& session, const Statement& statement) {
  std::vector<alerting::Incident> all;
  session.each(statement, [&all](const RowReader& row) { all.push_back(incident_from(row)); });
  return all;
}

}  // namespace

std::string selected_incident_columns(Dialect dialect, const std::string& table) {
  std::vector<std::string> names;
  for (const Column& column : kColumns) {
    const std::string name = table + "." + column.name;
    names.push_back(column.kind == Kind::time ? selected_time(name, dialect) : name);
  }
  return joined(names);
}

alerting::Incident incident_from(const RowReader& row, int column) {
  alerting::Incident i;
  i.id = row.text(column++);
  i.attack_type = row.text_or_empty(column++);
  i.by_victim = row.boolean(column++);
  i.severity = alerting::parse_severity(row.text_or_empty(column++)).value_or(alerting::Severity::none);
  i.technique = row.text_or_empty(column++);
  i.first_at = row.time(column++);
  i.last_at = row.time(column++);
  i.flows = static_cast<std::uint64_t>(row.integer(column++));
  i.packets = static_cast<std::uint64_t>(row.integer(column++));
  i.bytes = static_cast<std::uint64_t>(row.integer(column++));
  const auto taken = take_facts(row.text_or_empty(column++), i);
  static_cast<void>(taken.has_value());  // what could be read was
  i.state = alerting::parse_incident_state(row.text_or_empty(column++)).value_or(alerting::IncidentState::open);
  i.state_by = row.text_or_empty(column++);
  i.state_at = row.optional_time(column++);
  i.comment = row.text_or_empty(column++);
  i.updated_at = row.time(column++);
  i.stale = row.boolean(column++);
  return i;
}

void upsert_incidents(Session& session, std::span<const alerting::Incident* const> incidents) {
  static const std::string replace = assignments([](const std::string& name) { return "excluded." + name; });
  session.insert("incidents", rows_of(incidents), "ON CONFLICT (id) DO UPDATE SET " + replace);
}

void update_incidents(Session& session, std::span<const alerting::Incident* const> incidents) {
  static const std::string set = assignments([](const std::string& name) { return "{" + name + "}"; });
  session.for_rows(rows_of(incidents), "UPDATE incidents AS i SET " + set + "{from rows} WHERE i.id = {id}");
}

base::Result<Statement> find_incidents_statement(const IncidentQuery& query, Dialect dialect) {
  if (query.limit < 1 || query.limit > kMaxLimit)
    return base::fail(fmt::format("the limit must be 1 to {}", kMaxLimit));
  std::optional<Cursor> after;
  if (!query.cursor.empty()) {
    after = parse_cursor(query.cursor);
    if (!after) return base::fail("the cursor is not one that a page gave: leave it out to begin with the newest");
  }
  Statement statement(dialect);
  std::vector<std::string> all = {"i.absorbed_by IS NULL"};
  if (query.from) all.push_back("i.last_at >= " + statement.place(*query.from));
  if (query.to) all.push_back("i.first_at < " + statement.place(*query.to));
  if (query.state) all.push_back("i.state = " + statement.place(std::string(to_string(*query.state))));
  if (query.at_least) all.push_back("i.severity IN (" + severities_from(*query.at_least) + ")");
  if (query.attack_type) all.push_back("i.attack_type = " + statement.place(*query.attack_type));
  if (query.host) {
    all.push_back("i.id IN (SELECT incident_id FROM incident_parties WHERE address = " + statement.place(*query.host) +
                  ")");
  }
  if (after) {
    all.push_back("(i.last_at, i.id) < (" + statement.place(base::from_us(after->last_us)) + ", " +
                  statement.place(after->id) + ")");
  }
  statement.text = fmt::format("SELECT {} FROM incidents AS i WHERE {} ORDER BY i.last_at DESC, i.id DESC LIMIT {}",
                               selected_incident_columns(dialect, "i"), joined(all, " AND "), query.limit + 1);
  return statement;
}

bool can_match(const IncidentQuery& query) { return !query.attack_type || is_storable(*query.attack_type); }

IncidentPage incident_page(std::vector<alerting::Incident> found, const IncidentQuery& query) {
  IncidentPage page;
  page.incidents = std::move(found);
  if (page.incidents.size() > query.limit) {
    page.incidents.resize(query.limit);
    const alerting::Incident& last = page.incidents.back();
    page.next_cursor = fmt::format("{}.{}", base::to_us(last.last_at), last.id);
  }
  return page;
}

std::optional<alerting::Incident> read_incident(Session& session, const std::string& id) {
  if (!is_storable(id)) return std::nullopt;
  Statement statement(session.dialect());
  statement.text = fmt::format(
      "SELECT {} FROM incidents AS asked JOIN incidents AS i ON i.id = coalesce(asked.absorbed_by, asked.id) WHERE "
      "asked.id = {}",
      selected_incident_columns(session.dialect(), "i"), statement.place(id));
  const auto found = read_all(session, statement);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<alerting::Incident> read_related(Session& session, const std::string& id, std::uint32_t limit) {
  const auto incident = read_incident(session, id);
  if (!incident) return {};
  std::vector<std::string> actors;
  for (const base::IpAddress& actor : incident->actors.sorted()) {
    if (actors.size() < kMostActorsAsked) actors.push_back(actor.to_string());
  }
  Statement statement(session.dialect());
  const std::string asked = in_array(statement.place(json_array(actors)), "address", session.dialect());
  statement.text = fmt::format(
      "SELECT {} FROM incidents AS i WHERE i.id IN (SELECT incident_id FROM incident_parties WHERE side = 0 AND "
      "address "
      "{}) AND i.id <> {} ORDER BY i.last_at DESC, i.id DESC LIMIT {}",
      selected_incident_columns(session.dialect(), "i"), asked, statement.place(incident->id), limit);
  return read_all(session, statement);
}

std::optional<alerting::Incident> judge(Session& session, const std::string& id, const Judgement& judgement) {
  auto incident = read_incident(session, id);
  if (!incident) return std::nullopt;
  incident->state = judgement.state;
  incident->state_by = judgement.by;
  incident->state_at = judgement.at;
  incident->comment = judgement.comment;
  incident->updated_at = judgement.at;
  const alerting::Incident* const one = &*incident;
  update_incidents(session, {&one, 1});
  return incident;
}

std::optional<std::string> read_stale_id(Session& session) {
  Statement statement(session.dialect());
  statement.text = fmt::format("SELECT id FROM incidents WHERE stale{} ORDER BY id LIMIT 1",
                               session.dialect() == Dialect::sqlite ? " = 1" : "");
  std::optional<std::string> id;
  session.each(statement, [&id](const RowReader& row) { id = row.text(0); });
  return id;
}

}  // namespace weir::store::sql
