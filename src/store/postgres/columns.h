// SPDX-License-Identifier: Apache-2.0
// How the types of a DetectionRow look in PostgreSQL's text format, as parameters, in COPY and in results.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pqxx/pqxx>

#include "store/sql/detection_row.h"

namespace weir::store::postgres {

// Times beyond the years 1 to 9999 become the first or last microsecond of those: a damaged capture may claim any.
std::string in_sql(base::Timestamp value);
std::string in_sql(std::int64_t value);
std::string in_sql(float value);
std::string in_sql(double value);
std::string in_sql(bool value);
std::string in_sql(const std::string& value);
std::string in_sql(const base::IpAddress& value);
std::string in_sql(const flow::FlowUid& value);
std::string in_sql(const sql::Blob& value);
std::string in_sql(const sql::Json& value);  // must have a text

// The expressions that read detection_columns() in the form that ColumnReader knows, with commas between.
std::string selected_columns();

// The same for one time column: microseconds since 1970.
std::string selected_time(const std::string& column);

// Reads the fields of a row one after another; the database's own types vouch for their form.
class ColumnReader {
 public:
  explicit ColumnReader(const pqxx::row& row) : row_(row) {}

  void operator()(std::int64_t& value) { value = next().as<std::int64_t>(); }
  void operator()(std::uint64_t& value) { value = static_cast<std::uint64_t>(next().as<std::int64_t>()); }
  void operator()(bool& value) { value = next().as<bool>(); }
  void operator()(float& value);
  void operator()(double& value);
  void operator()(base::Timestamp& value) { value = base::from_us(next().as<std::int64_t>()); }
  void operator()(std::string& value) { value = next().c_str(); }
  void operator()(base::IpAddress& value);
  void operator()(flow::FlowUid& value);
  void operator()(sql::Json& value) { (*this)(value.text); }
  void operator()(sql::Blob& value) { value.bytes = pqxx::binarystring(next()).str(); }
  template <class T>
  void operator()(std::optional<T>& value) {
    if (row_[index_].is_null()) {
      ++index_;
      value.reset();
    } else {
      (*this)(value.emplace());
    }
  }

 private:
  pqxx::field next() { return row_[index_++]; }

  const pqxx::row& row_;
  pqxx::row::size_type index_ = 0;
};

}  // namespace weir::store::postgres
