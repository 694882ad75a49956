// SPDX-License-Identifier: Apache-2.0
#include "store/sql/judgements.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

// A parameter that may be NULL: its empty text stands for it.
std::string or_null(const std::string& place) { return fmt::format("nullif({}, '')", place); }

base::Timestamp storable(base::Timestamp time) { return base::from_us(storable_us(time)); }

}  // namespace

void put_suppression(Session& session, const alerting::Suppression& s) {
  Statement statement(session.dialect());
  const std::string id = statement.place(sql::storable(s.id));
  const std::string rule = statement.place(Json{sql::storable(to_json(s.rule))});
  const std::string owner = statement.place(sql::storable(s.owner)), reason = statement.place(sql::storable(s.reason));
  const std::string created = statement.place(storable(s.created_at));
  const std::string expires = s.expires_at ? statement.place(storable(*s.expires_at)) : "NULL";
  statement.text = fmt::format(
      "INSERT INTO suppressions (id, rule, owner, reason, created_at, expires_at) VALUES ({}, {}, {}, {}, {}, {}) ON "
      "CONFLICT (id) DO UPDATE SET rule = excluded.rule, owner = excluded.owner, reason = excluded.reason, created_at "
      "= "
      "excluded.created_at, expires_at = excluded.expires_at",
      id, rule, owner, reason, created, expires);
  session.run(statement);
}

bool remove_suppression(Session& session, const std::string& id) {
  if (!is_storable(id)) return false;
  Statement statement(session.dialect());
  statement.text = "DELETE FROM suppressions WHERE id = " + statement.place(id);
  return session.run(statement) > 0;
}

std::vector<alerting::Suppression> read_suppressions(Session& session) {
  Statement statement(session.dialect());
  statement.text =
      fmt::format("SELECT id, rule, owner, reason, {}, {} FROM suppressions ORDER BY created_at, id",
                  selected_time("created_at", session.dialect()), selected_time("expires_at", session.dialect()));
  std::vector<alerting::Suppression> all;
  session.each(statement, [&all](const RowReader& row) {
    auto rule = alerting::parse_suppression_rule(row.text(1));
    if (rule)
      all.push_back({row.text(0), std::move(*rule), row.text(2), row.text(3), row.time(4), row.optional_time(5)});
  });
  return all;
}

std::int64_t add_feedback(Session& session, const Feedback& f) {
  Statement statement(session.dialect());
  const std::string at = statement.place(storable(f.at));
  const std::string by = statement.place(sql::storable(f.by));
  const std::string incident = statement.place(sql::storable(f.incident_id));
  const std::string flow = f.flow ? statement.place(*f.flow) : "NULL";
  const std::string type = statement.place(sql::storable(f.attack_type));
  const std::string comment = statement.place(sql::storable(f.comment));
  statement.text = fmt::format(
      "INSERT INTO feedback (at, given_by, incident_id, flow_uid, verdict, attack_type, comment) VALUES ({}, {}, {}, "
      "{}, "
      "'{}', {}, {}) RETURNING id",
      at, by, or_null(incident), flow, f.is_attack ? "true_alarm" : "false_alarm", or_null(type), or_null(comment));
  std::int64_t id = 0;
  session.each(statement, [&id](const RowReader& row) { id = row.integer(0); });
  return id;
}

std::vector<Feedback> read_feedback(Session& session, std::uint32_t limit) {
  Statement statement(session.dialect());
  statement.text = fmt::format(
      "SELECT id, {}, given_by, incident_id, flow_uid, verdict, attack_type, comment FROM feedback AS f ORDER BY f.at "
      "DESC, id DESC LIMIT {}",
      selected_time("f.at", session.dialect()), limit);
  std::vector<Feedback> all;
  session.each(statement, [&all](const RowReader& row) {
    Feedback one;
    one.id = row.integer(0);
    one.at = row.time(1);
    one.by = row.text(2);
    one.incident_id = row.text_or_empty(3);
    std::string uid = row.text_or_empty(4);
    std::erase(uid, '-');
    one.flow = flow::FlowUid::parse(uid);
    one.is_attack = row.text(5) == "true_alarm";
    one.attack_type = row.text_or_empty(6);
    one.comment = row.text_or_empty(7);
    all.push_back(std::move(one));
  });
  return all;
}

}  // namespace weir::store::sql
