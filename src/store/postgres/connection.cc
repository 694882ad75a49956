// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/connection.h"

#include <fmt/format.h>

#include "store/postgres/columns.h"

namespace weir::store::postgres {

Connection::Connection(const Url& url, std::chrono::seconds statement_timeout) : session_(url.connect_to) {
  pqxx::nontransaction setting(session_);
  setting.exec(
      fmt::format("SET statement_timeout = '{}s'; SET client_encoding = 'UTF8'; SET timezone = 'UTC'; "
                  "SET standard_conforming_strings = on; SET extra_float_digits = 1; SET bytea_output = 'hex'; "
                  "SET client_min_messages = 'error'",
                  statement_timeout.count()));
}

const std::string& Connection::name_of(const std::string& text) {
  if (const auto found = names_.find(text); found != names_.end()) return found->second;
  if (names_.size() >= kMaxStatements) {
    for (const auto& [old_text, name] : names_) session_.unprepare(name);
    names_.clear();
  }
  const std::string name = fmt::format("weir_{}", ++prepared_);
  session_.prepare(name, text);
  return names_.emplace(text, name).first->second;
}

pqxx::result Connection::run(pqxx::transaction_base& transaction, const sql::Statement& statement) {
  std::vector<std::string> values;
  for (const sql::Parameter& parameter : statement.parameters()) {
    values.push_back(std::visit([](const auto& value) { return in_sql(value); }, parameter));
  }
  return transaction.exec_prepared(name_of(statement.text), pqxx::prepare::make_dynamic_params(values));
}

pqxx::result Connection::run(pqxx::transaction_base& transaction, const std::string& text,
                             const std::vector<std::string>& values) {
  return transaction.exec_prepared(name_of(text), pqxx::prepare::make_dynamic_params(values));
}

void Connection::look_up_by_index() {
  pqxx::nontransaction setting(session_);
  // What has no index (the rows of a COPY) counts as dear then, so dear that the server would compile the statement.
  setting.exec("SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off");
}

void Connection::need_incoming(pqxx::transaction_base& transaction) {
  if (has_incoming_) return;
  transaction.exec("CREATE TEMPORARY TABLE weir_incoming (LIKE detections) ON COMMIT DELETE ROWS");
  has_incoming_ = true;
}

}  // namespace weir::store::postgres
