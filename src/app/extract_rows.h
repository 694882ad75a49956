// SPDX-License-Identifier: Apache-2.0
// ExtractRows: the rows of all meters on their way into the CSV, on a thread of its own: writing numbers costs as much as
// computing them. Bounded: kBatches batches wait, then the meters do.
//
// take() may be called by the meters' threads at any time; finish() once, when they are done.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

#include "app/extract_csv.h"
#include "base/bounded_queue.h"
#include "base/result.h"
#include "features/feature_batch.h"

namespace weir::app {

class ExtractRows {
 public:
  // Writes to `descriptor`, which it does not own; the header first.
  explicit ExtractRows(int descriptor);
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
  void write(Batch& batch);

  CsvRows csv_;  // the thread's, once it runs
  base::BoundedQueue<Batch> full_{kBatches};
  base::BoundedQueue<features::FeatureBatch> empty_{kBatches};
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace weir::app
