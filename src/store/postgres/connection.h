// SPDX-License-Identifier: Apache-2.0
// Connection: one session with its prepared statements. One thread at a time. Throws pqxx's exceptions: its users in
// this folder turn them into Results.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include <pqxx/pqxx>

#include "store/postgres/url.h"
#include "store/sql/statement.h"

namespace weir::store::postgres {

class Connection {
 public:
  Connection(const Url& url, std::chrono::seconds statement_timeout);

  pqxx::connection& session() { return session_; }

  // Runs a statement that is prepared at its first use.
  pqxx::result run(pqxx::transaction_base& transaction, const sql::Statement& statement);
  pqxx::result run(pqxx::transaction_base& transaction, const std::string& text,
                   const std::vector<std::string>& values = {});

  // For a connection that groups: every look-up by its index. The planner goes by how large the tables were when they were
  // analysed; early in a table's life, or after a sweep, it would read them whole, again with each batch.
  void look_up_by_index();

  // Makes the temporary table that takes the rows of a COPY, once a session. (A connection whose transaction failed is
  // closed, so what was rolled back is never taken for made.)
  void need_incoming(pqxx::transaction_base& transaction);

 private:
  // A query has some hundred shapes at most; beyond that the cache starts anew rather than grow.
  static constexpr std::size_t kMaxStatements = 200;

  const std::string& name_of(const std::string& text);

  pqxx::connection session_;
  std::unordered_map<std::string, std::string> names_;  // text -> name of the prepared statement
  std::size_t prepared_ = 0;
  bool has_incoming_ = false;
};

}  // namespace weir::store::postgres
