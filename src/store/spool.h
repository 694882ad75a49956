// SPDX-License-Identifier: Apache-2.0
// Spool: batches that wait on disk while the store cannot take them: a base::RecordSpool of encoded batches. First in, first
// out, across restarts; bounded in size; what cannot be read back is counted and kept aside.
//
// Every method may be called from any thread, though only one may read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/record_spool.h"
#include "base/result.h"
#include "store/detection_store.h"

namespace weir::store {

using base::SpoolOptions;
using base::SpoolReport;

struct SpooledBatch {
  WriteBatch batch;
  std::uint64_t rows = 0;         // as given to append()
  bool from_earlier_run = false;  // it was there when the spool was opened
};

class Spool {
 public:
  // Makes the folder when it is missing. An error: it cannot be made or locked.
  static base::Result<std::unique_ptr<Spool>> open(const std::filesystem::path& folder, SpoolOptions options = {});

  // False when the spool is full. An error leaves the spool as it was. `rows` is for the account only.
  base::Result<bool> append(const WriteBatch& batch, std::uint64_t rows);

  // The batch that waits longest, the same one until it is released; nothing when none waits.
  base::Result<std::optional<SpooledBatch>> oldest();
  // The batch that oldest() gave is stored.
  void release_oldest() { records_->release_oldest(); }

  SpoolReport report() const { return records_->report(); }
  // A sentence for each thing that went wrong since the last call.
  std::vector<std::string> take_problems() { return records_->take_problems(); }

 private:
  explicit Spool(std::unique_ptr<base::RecordSpool> records) : records_(std::move(records)) {}

  const std::unique_ptr<base::RecordSpool> records_;
};

}  // namespace weir::store
