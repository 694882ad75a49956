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

// What a row tells that the flow's earlier rows did not: what the context of hosts is summed up from. Summed over all rows of
// a flow record it is the record, whenever and however often rows were taken.
struct RowNews {
  std::uint32_t packets[2] = {0, 0};  // forward, backward
  std::uint64_t payload_bytes[2] = {0, 0};
  bool first = false;                 // the record's first row
  bool starts = false;                // and the connection's: not what an active cut goes on with
  bool closes = false;                // TCP has closed since the last row
  std::int8_t opens = 0;    // +1: since the last row it became an answered, open TCP connection; -1: it ceased to be
  bool unanswered = false;  // as of this row: not one packet came back
  bool refused = false;     // as of this row: all that came back is a TCP RST

  // A final row of a flow that had its say: no verdict can change by it.
  bool none() const { return packets[0] + packets[1] == 0; }

  // This row takes the place of `older`, an earlier one of the same flow that nobody saw.
  void overtake(const RowNews& older) {
    for (int way = 0; way < 2; ++way) {
      packets[way] += older.packets[way];
      payload_bytes[way] += older.payload_bytes[way];
    }
    first |= older.first;
    starts |= older.starts;
    closes |= older.closes;
    opens = static_cast<std::int8_t>(opens + older.opens);
  }
};

struct Row {
  flow::FlowIdentity flow;
  RowKind kind = RowKind::final;
  RowNews news = {};
};

// A row of some batch, borrowed.
struct RowView {
  const Row* row = nullptr;
  const float* values = nullptr;  // kFeatureCount of them
};

class FeatureBatch {
 public:
  // The slice to which the rows belong: its end in packet time. A tick is a whole number of slices, its last one ends with it.
  // Batches of one worker come in this order; `last_of_slice` and `last_of_tick` say that this worker has no more rows for
  // the slice, for the tick (such a batch may be empty).
  base::Timestamp tick;
  bool last_of_slice = false;
  bool last_of_tick = false;

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  std::span<const Row> rows() const { return rows_; }
  const Row& row(std::size_t i) const { return rows_[i]; }
  Row& row(std::size_t i) { return rows_[i]; }
  std::span<const float> values() const { return values_; }  // size() * kFeatureCount
  std::span<const float> values(std::size_t i) const { return {values_.data() + i * kFeatureCount, kFeatureCount}; }
  RowView view(std::size_t i) const { return {&rows_[i], values(i).data()}; }
  std::span<float> values(std::size_t i) { return {values_.data() + i * kFeatureCount, kFeatureCount}; }

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

  void reserve(std::size_t rows) {
    rows_.reserve(rows);
    values_.reserve(rows * kFeatureCount);
  }

  // Keeps the memory.
  void clear() {
    rows_.clear();
    values_.clear();
    last_of_slice = last_of_tick = false;
  }

 private:
  std::vector<Row> rows_;
  std::vector<float> values_;
};

}  // namespace weir::features
