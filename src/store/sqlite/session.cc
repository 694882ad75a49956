// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/session.h"

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

// Row by row: here a statement costs less than JSON.
void SqliteSession::insert(const std::string& table, const sql::RowSet& rows, const std::string& after) {
  if (rows.rows.empty()) return;
  std::vector<std::string> names;
  for (const auto& column : rows.columns) names.push_back(column.name);
  const std::string text = fmt::format("INSERT INTO {} ({}) VALUES ({}) {}", table, sql::joined(names),
                                       sql::joined(std::vector<std::string>(names.size(), "?")), after);
  SQLite::Statement& statement = connection_.prepared(text);
  for (const auto& row : rows.rows) {
    statement.reset();
    statement.clearBindings();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const int place = static_cast<int>(i) + 1;
      if (const auto* number = std::get_if<std::int64_t>(&row[i])) statement.bind(place, *number);
      if (const auto* words = std::get_if<std::string>(&row[i])) statement.bindNoCopy(place, *words);
    }
    statement.exec();
  }
  statement.reset();
  statement.clearBindings();
}

void SqliteSession::each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) {
  const Running running(connection_, statement);
  const Row row(*running);
  while ((*running).executeStep()) do_with(row);
}

}  // namespace weir::store::sqlite
