// SPDX-License-Identifier: Apache-2.0
// Spool: where batches wait on disk while the store cannot take them. First in, first out, across restarts.
//
// A folder of numbered files (spool_segment.h), each written once from front to back and removed when all its batches are
// stored. An append is on the disk when it returns. The spool never grows beyond max_bytes: a full one refuses, and the
// caller must hold back (it does not drop the oldest, nor the newest). Damage is survived: what can be read is read, the
// rest is counted and kept aside as NAME.damaged; a file of someone else is left alone.
//
// One process at a time (a lock file). Every method may be called from any thread: one mutex, held over the disk's work,
// since the order of batches and the bound on their size are one state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/detection_store.h"
#include "store/spool_file.h"
#include "store/spool_segment.h"

namespace weir::store {

struct SpoolOptions {
  std::uint64_t max_bytes = 1ull << 30;
  std::uint64_t segment_bytes = 8ull << 20;  // a file is closed once it is larger
};

struct SpooledBatch {
  WriteBatch batch;
  std::uint64_t rows = 0;         // as given to append()
  bool from_earlier_run = false;  // it was there when the spool was opened
};

struct SpoolReport {
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;                  // of this run, waiting
  std::uint64_t rows_of_earlier_runs = 0;  // waiting
  std::uint64_t rows_lost = 0;             // of this run, in batches that cannot be read back
  std::uint64_t damaged_places = 0;
  std::string problem;                     // the last one, in a sentence; empty: none
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
  void release_oldest();

  SpoolReport report() const;

 private:
  struct Segment {
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;  // waiting
    bool from_earlier_run = false;
    bool damaged = false;
  };
  // The oldest segment in memory, and how far it has been handed out.
  struct Reading {
    std::vector<std::byte> bytes;
    std::vector<SpoolRecord> records;
    std::size_t next = 0;
  };

  Spool(std::filesystem::path folder, SpoolOptions options, FolderLock lock);

  void take_stock();
  void take_stock_of(std::uint32_t number);
  base::Result<> begin_segment();
  base::Result<bool> load_oldest();
  void account_for_loss(std::uint32_t number, Segment& segment, const SegmentScan& scan);
  void finish_oldest();
  std::filesystem::path path_of(std::uint32_t number) const;
  std::uint64_t total_bytes() const;
  void note(std::string problem) { problem_ = std::move(problem); }

  const std::filesystem::path folder_;
  const SpoolOptions options_;
  const FolderLock lock_;

  mutable std::mutex mutex_;
  std::map<std::uint32_t, Segment> segments_;  // by number, oldest first
  std::uint32_t last_number_ = 0;
  std::optional<AppendFile> writing_;          // the last segment, while it takes more
  std::optional<Reading> reading_;             // the first segment, once it was asked for
  std::uint64_t rows_lost_ = 0;
  std::uint64_t damaged_places_ = 0;
  std::string problem_;
};

}  // namespace weir::store
