// SPDX-License-Identifier: Apache-2.0
// FeatureBatch: rows on their way from flows to scores: identities beside a row-major float32 matrix
// [rows with values, kFeatureCount] in catalogue order (features/schema.h). Undefined = NaN, never Inf.
#pragma once

#include <algorithm>
#include <array>
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
  std::span<const float> values() const { return values_; }  // of the rows that have any, one after the other
  // All NaN for a row without values.
  std::span<const float> values(std::size_t i) const {
    return places_[i] == kNowhere ? std::span<const float>(kNoValues) : std::span(at(places_[i]), kFeatureCount);
  }
  // Empty for a row without values.
  std::span<float> writable_values(std::size_t i) {
    return places_[i] == kNowhere ? std::span<float>() : std::span(at(places_[i]), kFeatureCount);
  }
  RowView view(std::size_t i) const { return {&rows_[i], values(i).data()}; }

  // Adds a row and returns its values, all NaN, for the caller to fill. The span holds until the next add().
  std::span<float> add(const Row& row) {
    const auto place = static_cast<std::uint32_t>(values_.size() / kFeatureCount);
    rows_.push_back(row);
    places_.push_back(place);
    values_.resize(values_.size() + kFeatureCount, kUndefined);
    return {at(place), kFeatureCount};
  }
  // Half of a busy link's rows only say that a flow has ended: their values would be a kilobyte of NaN each.
  void add_without_values(const Row& row) {
    rows_.push_back(row);
    places_.push_back(kNowhere);
  }

  // Keeps the rows for which keep(i) is true, in their order. Returns how many were left out.
  template <class Keep>
  std::size_t keep_if(Keep keep) {
    std::size_t kept = 0;
    std::uint32_t values_kept = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!keep(i)) continue;
      rows_[kept] = rows_[i];
      const std::uint32_t from = places_[i], to = from == kNowhere ? kNowhere : values_kept++;
      if (from != to) std::copy_n(at(from), kFeatureCount, at(to));
      places_[kept++] = to;
    }
    const std::size_t removed = rows_.size() - kept;
    rows_.resize(kept);
    places_.resize(kept);
    values_.resize(values_kept * kFeatureCount);
    return removed;
  }

  void reserve(std::size_t rows) {
    rows_.reserve(rows);
    places_.reserve(rows);
    values_.reserve(rows * kFeatureCount);
  }

  // Keeps the memory.
  void clear() {
    rows_.clear();
    places_.clear();
    values_.clear();
    last_of_slice = last_of_tick = false;
  }

 private:
  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;
  static constexpr std::array<float, kFeatureCount> kNoValues = [] {
    std::array<float, kFeatureCount> values{};
    values.fill(kUndefined);
    return values;
  }();

  const float* at(std::uint32_t place) const { return values_.data() + std::size_t{place} * kFeatureCount; }
  float* at(std::uint32_t place) { return values_.data() + std::size_t{place} * kFeatureCount; }

  std::vector<Row> rows_;
  std::vector<std::uint32_t> places_;  // of each row's values in the matrix
  std::vector<float> values_;
};

}  // namespace weir::features
