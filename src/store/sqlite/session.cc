// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/session.h"

#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "store/sqlite/columns.h"

namespace weir::store::sqlite {

namespace {

class Row final : public sql::RowReader {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}

  bool is_null(int column) const override { return statement_.isColumnNull(column); }
  std::string text(int column) const override { return statement_.getColumn(column).getString(); }
  std::int64_t integer(int column) const override { return statement_.getColumn(column).getInt64(); }
  bool boolean(int column) const override { return statement_.getColumn(column).getInt() != 0; }

 private:
  SQLite::Statement& statement_;
};

// Bound; reset when it goes, since an open read transaction would keep the log from being truncated.
class Running {
 public:
  Running(Connection& connection, const sql::Statement& statement) : statement_(connection.prepared(statement.text)) {
    Binder bind(statement_);
    for (const auto& parameter : statement.parameters()) std::visit(bind, parameter);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { statement_.tryReset(); }

  SQLite::Statement& operator*() const { return statement_; }

 private:
  SQLite::Statement& statement_;
};

}  // namespace

std::uint64_t SqliteSession::run(const sql::Statement& statement) {
  const Running running(connection_, statement);
  return static_cast<std::uint64_t>((*running).exec());
}

std::uint64_t SqliteSession::for_rows(const sql::RowSet& rows, const std::string& text,
                                      const std::function<void(const sql::RowReader&)>& do_with) {
  if (rows.rows.empty()) return 0;
  const auto place = [&rows](std::string_view name) {
    const auto column = std::find_if(rows.columns.begin(), rows.columns.end(),
                                     [&name](const sql::RowSet::Column& c) { return c.name == name; });
    return column == rows.columns.end() ? std::string() : fmt::format("?{}", column - rows.columns.begin() + 1);
  };
  SQLite::Statement& statement = connection_.prepared(sql::filled(text, place));
  const Row result(statement);
  const int before = connection_.database().getTotalChanges();
  for (const auto& row : rows.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int index = static_cast<int>(i) + 1;
      if (const auto* number = std::get_if<std::int64_t>(&row[i])) {
        statement.bind(index, *number);
      } else if (const auto* words = std::get_if<std::string>(&row[i])) {
        statement.bindNoCopy(index, *words);
      } else {
        statement.bind(index);
      }
    }
    while (statement.executeStep()) {
      if (do_with) do_with(result);
    }
    statement.reset();
  }
  statement.clearBindings();  // they point into the rows
  return static_cast<std::uint64_t>(connection_.database().getTotalChanges() - before);
}

void SqliteSession::each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) {
  const Running running(connection_, statement);
  const Row row(*running);
  while ((*running).executeStep()) do_with(row);
}

}  // namespace weir::store::sqlite
