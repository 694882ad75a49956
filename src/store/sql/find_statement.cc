// SPDX-License-Identifier: Apache-2.0
#include "store/sql/find_statement.h"

#include <charconv>

#include <fmt/format.h>

#include "store/sql/text.h"

namespace weir::store::sql {

namespace {

constexpr std::uint32_t kMaxLimit = 1000;
constexpr std::size_t kMaxSearchText = 1000;
constexpr std::string_view kOrder = " ORDER BY last_seen_at DESC, flow_uid DESC";

// A page's last row: the next page holds what is older.
struct Cursor {
  base::Timestamp last_seen_at;
  flow::FlowUid flow_uid;
};

// "<microseconds since 1970>.<flow_uid>"
std::string to_string(const Cursor& cursor) {
  return fmt::format("{}.{}", base::to_us(cursor.last_seen_at), cursor.flow_uid.to_string());
}

std::optional<Cursor> parse_cursor(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::int64_t us = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, us);
  const auto uid = flow::FlowUid::parse(text.substr(dot + 1));
  if (error != std::errc() || end != text.data() + dot || !uid) return std::nullopt;
  return Cursor{base::from_us(us), *uid};
}

std::string severities_from(alerting::Severity least) {
  std::vector<std::string> names;
  for (int s = static_cast<int>(least); s <= static_cast<int>(alerting::Severity::critical); ++s) {
    names.push_back(fmt::format("'{}'", to_string(static_cast<alerting::Severity>(s))));
  }
  return joined(names);
}

std::string text_condition(Statement& statement, const std::string& text) {
  // SQLite's LIKE already is without regard to case (of ASCII letters).
  const char* like = statement.dialect() == Dialect::sqlite ? "LIKE" : "ILIKE";
  const std::string pattern = statement.place(contains_pattern(text));
  std::vector<std::string> conditions;
  for (const char* column : {"flow_id", "attack_type", "technique"}) {
    conditions.push_back(fmt::format(R"({} {} {} ESCAPE '\')", column, like, pattern));
  }
  return "(" + joined(conditions, " OR ") + ")";
}

// All conditions but that on the host.
std::vector<std::string> conditions_of(const DetectionQuery& query, const std::optional<Cursor>& after,
                                       Statement& statement) {
  std::vector<std::string> all;
  if (query.from) all.push_back("last_seen_at >= " + statement.place(*query.from));
  if (query.to) all.push_back("last_seen_at < " + statement.place(*query.to));
  if (query.status) all.push_back("status = " + statement.place(std::string(to_string(*query.status))));
  if (query.attack_type) all.push_back("attack_type = " + statement.place(*query.attack_type));
  if (query.at_least) all.push_back("severity IN (" + severities_from(*query.at_least) + ")");
  if (query.flow_id) all.push_back("flow_id = " + statement.place(*query.flow_id));
  if (query.community_id) all.push_back("community_id = " + statement.place(*query.community_id));
  if (query.text) all.push_back(text_condition(statement, *query.text));
  if (query.incident) all.push_back("incident_id = " + statement.place(*query.incident));
  if (query.suppressed) all.push_back(*query.suppressed ? "suppressed_by IS NOT NULL" : "suppressed_by IS NULL");
  if (after) {
    all.push_back("(last_seen_at, flow_uid) < (" + statement.place(after->last_seen_at) + ", " +
                  statement.place(after->flow_uid) + ")");
  }
  return all;
}

std::string lookup(const std::vector<std::string>& conditions, std::uint32_t rows) {
  std::string text = "SELECT flow_uid, last_seen_at FROM detections";
  if (!conditions.empty()) text += " WHERE " + joined(conditions, " AND ");
  return text + fmt::format("{} LIMIT {}", kOrder, rows);
}

// One lookup for each side, since neither database reads `src_ip = ? OR dst_ip = ?` out of two indexes in order.
std::string lookup_host(std::vector<std::string> conditions, const std::string& host, std::uint32_t rows) {
  conditions.push_back("src_ip = " + host);
  const std::string as_source = lookup(conditions, rows);
  conditions.back() = "dst_ip = " + host + " AND src_ip <> " + host;
  const std::string as_destination = lookup(conditions, rows);
  return fmt::format("SELECT * FROM (SELECT * FROM ({}) AS s UNION ALL SELECT * FROM ({}) AS d) AS h{} LIMIT {}",
                     as_source, as_destination, kOrder, rows);
}

}  // namespace

base::Result<Statement> find_statement(const DetectionQuery& query, const std::string& columns, Dialect dialect) {
  if (query.limit < 1 || query.limit > kMaxLimit)
    return base::fail(fmt::format("the limit must be 1 to {}", kMaxLimit));
  if (query.text && query.text->size() > kMaxSearchText) {
    return base::fail(fmt::format("the text to search for is longer than {} bytes", kMaxSearchText));
  }
  std::optional<Cursor> after;
  if (!query.cursor.empty()) {
    after = parse_cursor(query.cursor);
    if (!after) return base::fail("the cursor is not one that a page gave: leave it out to begin with the newest");
  }
  Statement statement(dialect);
  const std::vector<std::string> conditions = conditions_of(query, after, statement);
  const std::uint32_t rows = query.limit + 1;
  const std::string page =
      query.host ? lookup_host(conditions, statement.place(*query.host), rows) : lookup(conditions, rows);
  statement.text = fmt::format("SELECT {} FROM detections WHERE flow_uid IN (SELECT flow_uid FROM ({}) AS page){}",
                               columns, page, kOrder);
  return statement;
}

bool can_match(const DetectionQuery& query) {
  for (const auto& text : {query.attack_type, query.flow_id, query.community_id, query.text, query.incident}) {
    if (text && !is_storable(*text)) return false;
  }
  return true;
}

DetectionPage to_page(std::vector<alerting::Detection> found, const DetectionQuery& query) {
  DetectionPage page;
  page.detections = std::move(found);
  if (page.detections.size() > query.limit) {
    page.detections.resize(query.limit);
    const flow::FlowIdentity& last = page.detections.back().flow;
    page.next_cursor = to_string(Cursor{last.last, last.uid});
  }
  return page;
}

}  // namespace weir::store::sql
