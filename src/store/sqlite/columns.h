// SPDX-License-Identifier: Apache-2.0
// How the types of a DetectionRow look in SQLite: times as microseconds, addresses and uids as text, NULL for nothing.
#pragma once

#include <optional>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/sql/detection_row.h"

namespace weir::store::sqlite {

// Binds values to ?1, ?2 ... in the order in which they come.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) {}

  void operator()(std::int64_t value) { statement_.bind(++index_, value); }
  void operator()(bool value) { statement_.bind(++index_, std::int32_t{value}); }
  void operator()(double value) { statement_.bind(++index_, value); }
  void operator()(float value) { statement_.bind(++index_, static_cast<double>(value)); }
  void operator()(base::Timestamp value) { statement_.bind(++index_, std::int64_t{base::to_us(value)}); }
  void operator()(const std::string& value) { statement_.bind(++index_, value); }
  void operator()(const base::IpAddress& value) { statement_.bind(++index_, value.to_string()); }
  void operator()(const flow::FlowUid& value) { statement_.bind(++index_, value.to_string()); }
  void operator()(const sql::Json& value) { (*this)(value.text); }
  void operator()(const sql::Blob& value) {
    statement_.bind(++index_, static_cast<const void*>(value.bytes.data()), static_cast<int>(value.bytes.size()));
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    value ? (*this)(*value) : statement_.bind(++index_);
  }

 private:
  SQLite::Statement& statement_;
  int index_ = 0;
};

// Reads the columns of the current row one after another. What is not of the expected form (a hand-edited file) leaves
// the value as it was and makes the reader not ok().
class ColumnReader {
 public:
  explicit ColumnReader(SQLite::Statement& statement) : statement_(statement) {}

  bool ok() const { return ok_; }

  void operator()(std::int64_t& value) { value = next().getInt64(); }
  void operator()(std::uint64_t& value) { value = static_cast<std::uint64_t>(next().getInt64()); }
  void operator()(double& value) { value = next().getDouble(); }
  void operator()(bool& value) { value = next().getInt() != 0; }
  void operator()(float& value) { value = static_cast<float>(next().getDouble()); }
  void operator()(base::Timestamp& value) { value = base::from_us(next().getInt64()); }
  void operator()(std::string& value) { value = next().getString(); }
  void operator()(base::IpAddress& value) { parse(base::IpAddress::parse(next().getString()), value); }
  void operator()(flow::FlowUid& value) { parse(flow::FlowUid::parse(next().getString()), value); }
  void operator()(sql::Json& value) { (*this)(value.text); }
  void operator()(sql::Blob& value) { value.bytes = next().getString(); }
  template <class T>
  void operator()(std::optional<T>& value) {
    if (statement_.isColumnNull(index_)) {
      ++index_;
      value.reset();
    } else {
      (*this)(value.emplace());
    }
  }

 private:
  SQLite::Column next() { return statement_.getColumn(index_++); }
  template <class T>
  void parse(const std::optional<T>& parsed, T& value) {
    parsed ? void(value = *parsed) : void(ok_ = false);
  }

  SQLite::Statement& statement_;
  int index_ = 0;
  bool ok_ = true;
};

}  // namespace weir::store::sqlite
