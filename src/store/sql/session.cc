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
