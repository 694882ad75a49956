// SPDX-License-Identifier: Apache-2.0
#include "store/sql/session.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::store::sql {

namespace {

std::string in_postgres(const std::string& type) {
  if (type == "integer") return "bigint";
  if (type == "address") return "inet";
  return type;
}

}  // namespace

void Session::insert(const std::string& table, const RowSet& rows, const std::string& after) {
  if (rows.rows.empty()) return;
  nlohmann::json array = nlohmann::json::array();
  for (const auto& row : rows.rows) {
    nlohmann::json object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&row[i])) {
        object[rows.columns[i].name] =
            rows.columns[i].type == "boolean" ? nlohmann::json(*number != 0) : nlohmann::json(*number);
      } else if (const auto* text = std::get_if<std::string>(&row[i])) {
        object[rows.columns[i].name] = *text;
      }
    }
    array.push_back(std::move(object));
  }
  std::vector<std::string> names, values;
  for (const auto& [name, type] : rows.columns) {
    names.push_back(name);
    values.push_back(type == "time" ? time_of(element(name, "integer", dialect()), dialect())
                                    : element(name, type, dialect()));
  }
  Statement statement(dialect());
  const std::string source = each_element(statement.place(Json{array.dump()}), dialect());
  statement.text = fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} WHERE true {}", table, joined(names),
                               joined(values), source, after);
  run(statement);
}

std::string selected_time(const std::string& column, Dialect dialect) {
  return dialect == Dialect::sqlite ? column : fmt::format("(extract(epoch FROM {}) * 1000000)::bigint", column);
}

std::string time_of(const std::string& microseconds, Dialect dialect) {
  if (dialect == Dialect::sqlite) return microseconds;
  return fmt::format("(timestamptz 'epoch' + {} * interval '1 microsecond')", microseconds);
}

std::string each_element(const std::string& array, Dialect dialect) {
  return dialect == Dialect::sqlite ? fmt::format("json_each({}) AS e", array)
                                    : fmt::format("jsonb_array_elements({}) AS e(value)", array);
}

std::string element(const std::string& name, const std::string& type, Dialect dialect) {
  if (dialect == Dialect::sqlite) return fmt::format("e.value ->> '{}'", name);
  return fmt::format("(e.value ->> '{}')::{}", name, in_postgres(type));
}

std::string in_array(const std::string& array, const std::string& type, Dialect dialect) {
  if (dialect == Dialect::sqlite) return fmt::format("IN (SELECT value FROM json_each({}))", array);
  return fmt::format("IN (SELECT value::{} FROM jsonb_array_elements_text({}))", in_postgres(type), array);
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
