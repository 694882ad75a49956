// SPDX-License-Identifier: Apache-2.0
// FeatureBatch: rows on their way from flows to scores: identities beside a row-major float32 matrix
// [rows, kFeatureCount] in catalogue order (features/schema.h). Undefined = NaN, never Inf.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "features/schema.h"
#include "flow/flow_identity.h"

namespace weir::features {

enum class RowKind : std::uint8_t {
  interim,  // the flow is open and changed since its last row
  final,    // the flow ended (identity.end_reason says why)
};

struct Row {
  flow::FlowIdentity flow;
  RowKind kind = RowKind::final;
};

class FeatureBatch {
 public:
  // The tick to which the rows belong: the end of its interval in packet time. Batches of one worker come in tick order;
  // `last_of_tick` says that this worker has no more rows for that tick (such a batch may be empty).
  base::Timestamp tick;
  bool last_of_tick = false;

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  std::span<const Row> rows() const { return rows_; }
  const Row& row(std::size_t i) const { return rows_[i]; }
  std::span<const float> values() const { return values_; }  // size() * kFeatureCount
  std::span<const float> values(std::size_t i) const { return {values_.data() + i * kFeatureCount, kFeatureCount}; }

  // Adds a row and returns its values, all NaN, for the caller to fill. The span holds until the next add().
  std::span<float> add(const Row& row) {
    rows_.push_back(row);
    values_.resize(rows_.size() * kFeatureCount, kUndefined);
    return {values_.data() + (rows_.size() - 1) * kFeatureCount, kFeatureCount};
  }

  // Keeps the rows for which keep(i) is true, in their order. Returns how many were left out.
  template <class Keep>
  std::size_t keep_if(Keep keep) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!keep(i)) continue;
      if (kept != i) {
        rows_[kept] = rows_[i];
        std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(i * kFeatureCount), kFeatureCount,
                    values_.begin() + static_cast<std::ptrdiff_t>(kept * kFeatureCount));
      }
      ++kept;
    }
    const std::size_t removed = rows_.size() - kept;
    rows_.resize(kept);
    values_.resize(kept * kFeatureCount);
    return removed;
  }

  void clear() {
    rows_.clear();
    values_.clear();
    last_of_tick = false;
  }

 private:
  std::vector<Row> rows_;
  std::vector<float> values_;
};

}  // namespace weir::features
