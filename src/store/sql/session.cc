// SPDX-License-Identifier: Apache-2.0
#include "store/sql/session.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace weir::store::sql {

namespace {

std::string in_postgres(const std::string& type) {
  if (type == "integer") return "bigint";
  if (type == "address") return "inet";
  return type;
}

}  // namespace

void Session::insert(const std::string& table, const RowSet& rows, const std::string& after) {
  std::vector<std::string> names, values;
  for (const auto& column : rows.columns) {
    names.push_back(column.name);
    values.push_back("{" + column.name + "}");
  }
  // "WHERE true": else ON might belong to a join.
  for_rows(rows, fmt::format("INSERT INTO {} ({}) SELECT {}{{from rows}} WHERE true {}", table, joined(names),
                             joined(values), after));
}

std::string filled(const std::string& text, const std::function<std::string(std::string_view)>& value_of) {
  std::string whole;
  std::size_t at = 0;
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', at)) {
    const std::size_t close = text.find('}', open);
    WEIR_CHECK(close != text.npos);
    whole.append(text, at, open - at);
    whole += value_of(std::string_view(text).substr(open + 1, close - open - 1));
    at = close + 1;
  }
  return whole.append(text, at);
}

std::string selected_time(const std::string& column, Dialect dialect) {
  return dialect == Dialect::sqlite ? column : fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", column);
}

std::string time_of(const std::string& microseconds, Dialect dialect) {
  if (dialect == Dialect::sqlite) return microseconds;
  return fmt::format("(timestamptz 'epoch' + {} * interval '1 microsecond')", microseconds);
}

std::string in_array(const std::string& array, const std::string& type, Dialect dialect) {
  if (dialect == Dialect::sqlite) return fmt::format("IN (SELECT value FROM json_each({}))", array);
  return fmt::format("= ANY(ARRAY(SELECT value::{} FROM jsonb_array_elements_text({})))", in_postgres(type), array);
}

Json json_array(const std::vector<std::string>& texts) { return {nlohmann::json(texts).dump()}; }
Json json_array(const std::vector<std::int64_t>& numbers) { return {nlohmann::json(numbers).dump()}; }

std::int64_t storable_us(base::Timestamp time) {
  using namespace std::chrono;
  constexpr base::Timestamp kFirst = sys_days(year(1) / 1 / 1);
  constexpr base::Timestamp kLast = base::Timestamp(sys_days(year(9999) / 12 / 31)) + hours(23);
  return base::to_us(std::clamp(time, kFirst, kLast));
}

}  // namespace weir::store::sql
