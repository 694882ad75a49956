// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace weir::store::postgres {

namespace {

class Row final : public sql::RowReader {
 public:
  explicit Row(const pqxx::row& row) : row_(row) {}

  bool is_null(int column) const override { return row_[column].is_null(); }
  std::string text(int column) const override { return row_[column].c_str(); }
  std::int64_t integer(int column) const override { return row_[column].as<std::int64_t>(); }
  bool boolean(int column) const override { return row_[column].as<bool>(); }

 private:
  const pqxx::row& row_;
};

// A column of the rows as the text of an array: {"a","b",NULL}.
std::string array_of(const sql::RowSet& rows, std::size_t column) {
  std::string text = "{";
  for (const auto& row : rows.rows) {
    if (text.size() > 1) text += ',';
    if (const auto* number = std::get_if<std::int64_t>(&row[column])) {
      text += fmt::format_int(*number).c_str();
    } else if (const auto* words = std::get_if<std::string>(&row[column])) {
      text += '"';
      for (const char c : *words) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
      }
      text += '"';
    } else {
      text += "NULL";
    }
  }
  return text += '}';
}

std::string element_type(const std::string& type) {
  if (type == "integer" || type == "time") return "bigint";
  if (type == "address") return "inet";
  return type;
}

std::string value_of(const sql::RowSet::Column& column) {
  const std::string name = "given." + column.name;
  return column.type == "time" ? sql::time_of(name, sql::Dialect::postgres) : name;
}

}  // namespace

std::uint64_t PostgresSession::for_rows(const sql::RowSet& rows, const std::string& text,
                                        const std::function<void(const sql::RowReader&)>& do_with) {
  if (rows.rows.empty()) return 0;
  std::vector<std::string> names, places, arrays;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    names.push_back(rows.columns[i].name);
    places.push_back(fmt::format("${}::{}[]", i + 1, element_type(rows.columns[i].type)));
    arrays.push_back(array_of(rows, i));
  }
  const std::string source = fmt::format("unnest({}) AS given({})", sql::joined(places), sql::joined(names));
  const auto in_place = [&](std::string_view name) {
    if (name == "from rows") return " FROM " + source;
    if (name == ", rows") return ", " + source;
    if (name == "rows") return std::string(source);
    for (const auto& column : rows.columns) {
      if (column.name == name) return value_of(column);
    }
    return std::string();
  };
  const pqxx::result result = connection_.run(transaction_, sql::filled(text, in_place), arrays);
  if (do_with) {
    for (const auto& row : result) do_with(Row(row));
  }
  return result.affected_rows();
}

std::uint64_t PostgresSession::run(const sql::Statement& statement) {
  return connection_.run(transaction_, statement).affected_rows();
}

void PostgresSession::each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) {
  const pqxx::result result = connection_.run(transaction_, statement);
  for (const auto& row : result) do_with(Row(row));
}

}  // namespace weir::store::postgres
