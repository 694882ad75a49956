// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session.h"

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

}  // namespace

std::uint64_t PostgresSession::run(const sql::Statement& statement) {
  return connection_.run(transaction_, statement).affected_rows();
}

void PostgresSession::each(const sql::Statement& statement, const std::function<void(const sql::RowReader&)>& do_with) {
  const pqxx::result result = connection_.run(transaction_, statement);
  for (const auto& row : result) do_with(Row(row));
}

}  // namespace weir::store::postgres
