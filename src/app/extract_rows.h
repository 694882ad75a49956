// SPDX-License-Identifier: Apache-2.0
// ExtractRows: the rows of all meters on their way into the CSV, on a thread of its own: writing numbers costs as much as
// computing them. With context, the rows of a slice wait until every meter has closed it (features/slice_joiner.h).
// Bounded: kBatches batches wait, then the meters do; features::kMostRowsJoined rows wait for their slice.
//
// take() may be called by the meters' threads at any time; finish() once, when they are done.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <thread>

#include "app/extract_csv.h"
#include "base/bounded_queue.h"
#include "base/result.h"
#include "features/feature_batch.h"
#include "features/host_context.h"
#include "features/slice_joiner.h"

namespace weir::app {

struct ExtractRowOptions {
  bool timing = false;   // see CsvRows
  bool context = false;  // fill in family `host`
  std::size_t workers = 1;
};

class ExtractRows {
 public:
  // Writes to `descriptor`, which it does not own; the header first. Without one the rows are made and dropped.
  ExtractRows(std::optional<int> descriptor, const ExtractRowOptions& options);
  ~ExtractRows();

  // Takes the content out and leaves an empty batch. The rows of one worker are written in the order in which they come.
  void take(std::size_t worker, features::FeatureBatch& rows);

  bool failed() const { return failed_.load(std::memory_order_relaxed); }

  // Everything is written, or the error says why not.
  base::Result<> finish();

 private:
  struct Batch {
    std::size_t worker;
    features::FeatureBatch rows;
  };
  static constexpr std::size_t kBatches = 16;

  void run();
  void join(std::span<Batch> slice);
  void write(Batch& batch);

  // The thread's, once it runs.
  std::optional<CsvRows> csv_;
  std::optional<features::HostContext> context_;
  features::SliceJoiner<Batch> joiner_;
  base::BoundedQueue<Batch> full_{kBatches};
  base::BoundedQueue<features::FeatureBatch> empty_{kBatches};
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace weir::app
