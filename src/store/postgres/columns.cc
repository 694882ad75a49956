// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/columns.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace weir::store::postgres {

namespace {

using namespace std::chrono;

template <class T>
void read_number(const pqxx::field& field, T& value) {
  const std::string_view text(field.c_str(), field.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw pqxx::conversion_error("a number is none");
}

}  // namespace

std::string in_sql(base::Timestamp value) {
  const base::Timestamp time = base::with_four_digit_year(value);
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}+00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string in_sql(std::int64_t value) { return fmt::format_int(value).str(); }
std::string in_sql(float value) { return fmt::format("{}", value); }
std::string in_sql(double value) { return fmt::format("{}", value); }
std::string in_sql(bool value) { return value ? "true" : "false"; }
std::string in_sql(const std::string& value) { return value; }
std::string in_sql(const base::IpAddress& value) { return value.to_string(); }
std::string in_sql(const flow::FlowUid& value) { return value.to_string(); }

std::string in_sql(const sql::Json& value) { return value.text.value(); }

std::string in_sql(const sql::Blob& value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "\\x";
  text.reserve(2 + 2 * value.bytes.size());
  for (const char c : value.bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string selected_time(const std::string& column) {
  return "(extract(epoch FROM " + column + ") * 1000000)::bigint";
}

std::string selected_columns() {
  std::string list;
  const sql::DetectionRow row;
  sql::visit_columns(row, [&list](const std::string& name, sql::Follows, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    if (!list.empty()) list += ", ";
    if constexpr (std::is_same_v<T, base::Timestamp> || std::is_same_v<T, std::optional<base::Timestamp>>) {
      list += selected_time(name);
    } else {
      list += name;
    }
  });
  return list;
}

void ColumnReader::operator()(float& value) { read_number(next(), value); }
void ColumnReader::operator()(double& value) { read_number(next(), value); }

void ColumnReader::operator()(base::IpAddress& value) {
  // A hand-written row may hold a network; its address is what can be shown of it.
  std::string text = next().c_str();
  text.resize(std::min(text.size(), text.find('/')));
  const auto address = base::IpAddress::parse(text);
  if (!address) throw pqxx::conversion_error("an address is none");
  value = *address;
}

void ColumnReader::operator()(flow::FlowUid& value) {
  std::string text = next().c_str();
  std::erase(text, '-');
  const auto uid = flow::FlowUid::parse(text);
  if (!uid) throw pqxx::conversion_error("a flow_uid is none");
  value = *uid;
}

}  // namespace weir::store::postgres
