// SPDX-License-Identifier: Apache-2.0
// sql::Session on a PostgreSQL transaction. Throws pqxx's exceptions.
#pragma once

#include <pqxx/pqxx>

#include "store/postgres/connection.h"
#include "store/sql/session.h"

namespace weir::store::postgres {

class PostgresSession final : public sql::Session {
 public:
  PostgresSession(Connection& connection, pqxx::transaction_base& transaction)
      : connection_(connection), transaction_(transaction) {}

  pqxx::transaction_base& transaction() { return transaction_; }

  sql::Dialect dialect() const override { return sql::Dialect::postgres; }
  std::uint64_t run(const sql::Statement& statement) override;
  std::uint64_t for_rows(const sql::RowSet& rows, const std::string& text,
                         const std::function<void(const sql::RowReader&)>& do_with) override;
  void each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) override;

 private:
  Connection& connection_;
  pqxx::transaction_base& transaction_;
};

}  // namespace weir::store::postgres
