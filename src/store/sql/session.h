// SPDX-License-Identifier: Apache-2.0
// Session: a transaction of either database, as far as statements that both share need it. What it throws is its
// adapter's business and passes through.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/sql/statement.h"

namespace weir::store::sql {

// The current row of a result. Times must be selected as microseconds (selected_time()).
class RowReader {
 public:
  virtual ~RowReader() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::string text(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual bool boolean(int column) const = 0;

  std::string text_or_empty(int column) const { return is_null(column) ? std::string() : text(column); }
  base::Timestamp time(int column) const { return base::from_us(integer(column)); }
  std::optional<base::Timestamp> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }
};

// Rows that are all written in the same way.
struct RowSet {
  using Cell =
      std::variant<std::monostate, std::int64_t, std::string>;  // nothing; also booleans and microseconds; also JSON
  struct Column {
    std::string name;
    std::string type;  // "text", "integer", "boolean", "time", "jsonb", "address"
  };
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

class Session {
 public:
  virtual ~Session() = default;
  virtual Dialect dialect() const = 0;
  // Returns the number of rows that were changed.
  virtual std::uint64_t run(const Statement& statement) = 0;
  virtual void each(const Statement& statement, const std::function<void(const RowReader&)>& do_with) = 0;
  // Runs `text` for each row, and `do_with` for what it selects; returns the number of rows that were changed. In the text
  // {name} is the value of a column, and {from rows} or {, rows} stands where the rows join the FROM clause ({rows}, for
  // PostgreSQL alone, is what they are called in USING): a far server gets all of them at once, as arrays; SQLite runs the
  // text row by row, where a statement costs less than that.
  virtual std::uint64_t for_rows(const RowSet& rows, const std::string& text,
                                 const std::function<void(const RowReader&)>& do_with = {}) = 0;

  // `INSERT INTO table (columns) ... after`, for all rows.
  void insert(const std::string& table, const RowSet& rows, const std::string& after);
};

// How the two dialects say the same.
std::string selected_time(const std::string& column, Dialect dialect);  // a time column as microseconds since 1970
std::string time_of(const std::string& microseconds, Dialect dialect);  // and back
// `text` with each {name} replaced by what `value_of` gives for that name.
std::string filled(const std::string& text, const std::function<std::string(std::string_view name)>& value_of);
// `= ANY (...)` or `IN (...)` the texts of a JSON array: as a list that an index is asked for, one by one.
std::string in_array(const std::string& array, const std::string& type, Dialect dialect);

// JSON of strings and of numbers, for those.
Json json_array(const std::vector<std::string>& texts);
Json json_array(const std::vector<std::int64_t>& numbers);

// Within what both databases hold: the years 1 to 9999.
std::int64_t storable_us(base::Timestamp time);

}  // namespace weir::store::sql
