// SPDX-License-Identifier: Apache-2.0
// A detection as the fields of a COPY stream.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "store/postgres/columns.h"
#include "store/sql/detection_row.h"

namespace weir::store::postgres {

// Keeps its buffers from row to row. What of() gives holds until the next call; nullptr is NULL.
class CopyRow {
 public:
  const std::array<const char*, sql::kDetectionColumns>& of(const alerting::Detection& detection) {
    next_ = 0;
    const sql::DetectionRow row = sql::to_row(detection);
    sql::visit_columns(row, [this](const char*, sql::Follows, const auto& value) { add(value); });
    return pointers_;
  }

 private:
  template <class T>
  void add(const T& value) {
    texts_[next_] = in_sql(value);
    pointers_[next_] = texts_[next_].c_str();
    ++next_;
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      pointers_[next_++] = nullptr;
    }
  }
  void add(const sql::Json& value) { add(value.text); }

  std::array<std::string, sql::kDetectionColumns> texts_;
  std::array<const char*, sql::kDetectionColumns> pointers_{};
  std::size_t next_ = 0;
};

}  // namespace weir::store::postgres
