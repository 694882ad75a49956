// SPDX-License-Identifier: Apache-2.0
#include "store/sql/upkeep.h"

#include <chrono>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "store/sql/incident_space.h"

namespace weir::store::sql {

namespace {

// Of the detections that may be dropped. Feedback is given by people: the list is short.
constexpr const char* kMayGo = "flow_uid NOT IN (SELECT flow_uid FROM feedback WHERE flow_uid IS NOT NULL)";

// What grouping remembers is kept for a while longer than the flows: a pause within an incident is shorter than that.
constexpr base::Duration kSessionsOutlive = std::chrono::hours(24 * 7);

// SQLite numbers rows in the order in which they came, so that no index is needed; PostgreSQL has one on scored_at.
const char* oldest_first(Dialect dialect) { return dialect == Dialect::sqlite ? "rowid" : "scored_at"; }

std::optional<base::Timestamp> time_by(Session& session, const std::string& text) {
  Statement statement(session.dialect());
  statement.text = text;
  std::optional<base::Timestamp> time;
  session.each(statement, [&time](const RowReader& row) { time = row.optional_time(0); });
  return time;
}

// Packet time of the earliest flow that is kept (but for those with feedback).
std::optional<base::Timestamp> earliest_flow(Session& session) {
  return time_by(session, fmt::format("SELECT {} FROM detections AS d WHERE {} ORDER BY d.last_seen_at LIMIT 1",
                                      selected_time("d.last_seen_at", session.dialect()), kMayGo));
}

std::uint64_t drop_sessions(Session& session, base::Timestamp before, std::uint32_t limit) {
  Statement statement(session.dialect());
  const std::string time = statement.place(before);
  // The lowest numbers began first: only they are looked at, so that a great many younger ones cost nothing.
  statement.text = fmt::format(
      "DELETE FROM incident_sessions WHERE number IN (SELECT number FROM (SELECT number, last FROM incident_sessions "
      "ORDER BY "
      "number LIMIT {}) AS first WHERE first.last < {})",
      limit, time);
  return session.run(statement);
}

}  // namespace

std::optional<base::Timestamp> oldest_scored(Session& session) {
  return time_by(session,
                 fmt::format("SELECT {} FROM detections AS d WHERE {} ORDER BY d.{} LIMIT 1",
                             selected_time("d.scored_at", session.dialect()), kMayGo, oldest_first(session.dialect())));
}

std::uint64_t drop_detections(Session& session, base::Timestamp scored_before, std::uint32_t limit) {
  Statement statement(session.dialect());
  const std::string before = statement.place(scored_before);
  if (session.dialect() == Dialect::sqlite) {
    statement.text = fmt::format(
        "DELETE FROM detections WHERE rowid IN (SELECT number FROM (SELECT rowid AS number, scored_at FROM detections "
        "WHERE {} "
        "ORDER BY rowid LIMIT {}) WHERE scored_at < {})",
        kMayGo, limit, before);
  } else {
    // Rows that somebody is writing are left for the next time: so this never waits while it holds rows.
    statement.text = fmt::format(
        "DELETE FROM detections WHERE flow_uid IN (SELECT flow_uid FROM detections WHERE scored_at < {} AND {} ORDER "
        "BY "
        "scored_at LIMIT {} FOR UPDATE SKIP LOCKED)",
        before, kMayGo, limit);
  }
  return session.run(statement);
}

std::uint64_t drop_throughput(Session& session, std::optional<base::Duration> age, std::uint32_t limit) {
  std::optional<base::Timestamp> before = earliest_flow(session);
  if (age) {
    const auto newest =
        time_by(session, fmt::format("SELECT {} FROM throughput", selected_time("max(at)", session.dialect())));
    if (!newest) return 0;
    before = before ? std::min(*before, *newest - *age) : *newest - *age;
  }
  if (!before) return 0;
  Statement statement(session.dialect());
  const std::string time = statement.place(*before);
  statement.text = fmt::format(
      "DELETE FROM throughput WHERE (at, sensor) IN (SELECT at, sensor FROM throughput WHERE at < {} ORDER BY at LIMIT "
      "{})",
      time, limit);
  return session.run(statement);
}

std::uint64_t drop_incidents(Session& session, base::Timestamp changed_before, std::uint32_t limit) {
  const auto earliest = earliest_flow(session);
  if (earliest) drop_sessions(session, *earliest - kSessionsOutlive, limit);
  Statement statement(session.dialect());
  const std::string changed = statement.place(changed_before);
  // By the index of times, so that not every incident is read each time.
  const std::string ended = earliest ? " AND i.last_at < " + statement.place(*earliest) : "";
  statement.text = fmt::format(
      "SELECT i.id FROM incidents AS i WHERE i.absorbed_by IS NULL{} AND i.state IN ('closed', 'dismissed') AND "
      "i.updated_at < {} "
      "AND NOT EXISTS (SELECT 1 FROM detections WHERE incident_id = i.id) ORDER BY i.last_at LIMIT {}",
      ended, changed, limit);
  std::vector<std::string> ids;
  session.each(statement, [&ids](const RowReader& row) { ids.push_back(row.text(0)); });
  if (!ids.empty()) SqlIncidentSpace(session).remove(ids);
  return ids.size();
}

}  // namespace weir::store::sql
