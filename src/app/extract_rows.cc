// SPDX-License-Identifier: Apache-2.0
#include "app/extract_rows.h"

#include <utility>
#include <vector>

namespace weir::app {

ExtractRows::ExtractRows(std::optional<int> descriptor, const ExtractRowOptions& options)
    : joiner_(options.workers, features::kMostRowsJoined, [this](std::span<Batch> slice) { join(slice); }) {
  if (descriptor) csv_.emplace(*descriptor, options.timing).header();
  if (options.context) context_.emplace();
  thread_ = std::thread([this, workers = options.workers] {
    run();
    for (std::size_t worker = 0; worker < workers; ++worker) joiner_.end(worker);
  });
}

ExtractRows::~ExtractRows() {
  full_.close();
  if (thread_.joinable()) thread_.join();
}

void ExtractRows::take(std::size_t worker, features::FeatureBatch& rows) {
  if (rows.empty() && !context_) return;  // what a slice without rows tells is that it is over
  const base::Timestamp tick = rows.tick;
  full_.push({worker, std::move(rows)});
  auto spare = empty_.try_pop();          // its memory is there already
  rows = spare ? std::move(*spare) : features::FeatureBatch{};
  rows.tick = tick;
}

void ExtractRows::run() {
  while (auto batch = full_.pop()) {
    if (context_) {
      joiner_.push(batch->worker, std::move(*batch));
    } else {
      write(*batch);
    }
  }
}

void ExtractRows::join(std::span<Batch> slice) {
  std::vector<features::HostContext::Rows> rows;
  for (Batch& batch : slice) rows.push_back({&batch.rows});
  context_->fill(rows);
  for (Batch& batch : slice) write(batch);
}

void ExtractRows::write(Batch& batch) {
  if (csv_) {
    csv_->rows(batch.rows);
    if (csv_->failed()) failed_.store(true, std::memory_order_relaxed);
  }
  batch.rows.clear();
  empty_.try_push(batch.rows);
}

base::Result<> ExtractRows::finish() {
  full_.close();
  thread_.join();
  return csv_ ? csv_->flush() : base::Result<>{};
}

}  // namespace weir::app
