// SPDX-License-Identifier: Apache-2.0
#include "app/extract_rows.h"

#include <utility>

namespace weir::app {

ExtractRows::ExtractRows(int descriptor) : csv_(descriptor) {
  csv_.header();
  thread_ = std::thread([this] { run(); });
}

ExtractRows::~ExtractRows() {
  full_.close();
  if (thread_.joinable()) thread_.join();
}

void ExtractRows::take(std::size_t worker, features::FeatureBatch& rows) {
  if (rows.empty()) return;
  const base::Timestamp tick = rows.tick;
  full_.push({worker, std::move(rows)});
  auto spare = empty_.try_pop();  // its memory is there already
  rows = spare ? std::move(*spare) : features::FeatureBatch{};
  rows.tick = tick;
}

void ExtractRows::run() {
  while (auto batch = full_.pop()) write(*batch);
}

void ExtractRows::write(Batch& batch) {
  csv_.rows(batch.rows);
  if (csv_.failed()) failed_.store(true, std::memory_order_relaxed);
  batch.rows.clear();
  empty_.try_push(batch.rows);
}

base::Result<> ExtractRows::finish() {
  full_.close();
  thread_.join();
  return csv_.flush();
}

}  // namespace weir::app
