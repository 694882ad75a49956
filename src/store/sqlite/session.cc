// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/session.h"

#include <variant>

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

void SqliteSession::each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) {
  const Running running(connection_, statement);
  const Row row(*running);
  while ((*running).executeStep()) do_with(row);
}

}  // namespace weir::store::sqlite
