// SPDX-License-Identifier: Apache-2.0
// sql::Session on a SQLite connection, within a transaction that its owner began. Throws SQLite::Exception.
#pragma once

#include "store/sql/session.h"
#include "store/sqlite/connection.h"

namespace weir::store::sqlite {

class SqliteSession final : public sql::Session {
 public:
  explicit SqliteSession(Connection& connection) : connection_(connection) {}

  sql::Dialect dialect() const override { return sql::Dialect::sqlite; }
  std::uint64_t run(const sql::Statement& statement) override;
  std::uint64_t for_rows(const sql::RowSet& rows, const std::string& text,
                         const std::function<void(const sql::RowReader&)>& do_with) override;
  void each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) override;

 private:
  Connection& connection_;
};

}  // namespace weir::store::sqlite
