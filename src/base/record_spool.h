// SPDX-License-Identifier: Apache-2.0
// RecordSpool: where records of bytes wait on disk while whoever is to take them cannot. First in, first out, across restarts.
//
// A folder of numbered files (spool_segment.h), each written once from front to back and removed when all its records are
// released. An append is on the disk when it returns. The spool never grows beyond max_bytes: a full one refuses, and the
// caller must hold back (it does not drop the oldest, nor the newest). Damage is survived: what can be read is read, the
// rest is counted and kept aside as NAME.damaged; a file of someone else is left alone.
//
// A record that was released may come again after a crash, for its file goes with the last one in it. With note_progress that
// is at most the record in hand, unless the machine lost power.
//
// One process at a time (a lock file). Every method may be called from any thread, though only one may read (oldest(),
// release_oldest(), give_up_oldest()): one mutex, held over the disk's work, since the order of records and the bound on
// their size are one state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/spool_file.h"
#include "base/spool_segment.h"

namespace weir::base {

struct SpoolOptions {
  std::uint64_t max_bytes = 1ull << 30;
  std::uint64_t segment_bytes = 8ull << 20;  // a file is closed once it is larger
  bool note_progress = false;                // which records of the oldest file are released
};

struct SpooledRecord {
  std::span<const std::byte> payload;  // until it is released or given up
  std::uint64_t rows = 0;              // as given to append()
  bool from_earlier_run = false;       // it was there when the spool was opened
};

struct SpoolReport {
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;                  // of this run, waiting
  std::uint64_t rows_of_earlier_runs = 0;  // waiting
  std::uint64_t rows_lost = 0;             // of this run, in records that cannot be read back
  std::uint64_t damaged_places = 0;
  std::string problem;                     // the last one, in a sentence; empty: none
};

class RecordSpool {
 public:
  // Makes the folder when it is missing. An error: it cannot be made or locked.
  static Result<std::unique_ptr<RecordSpool>> open(const std::filesystem::path& folder, SpoolOptions options = {});

  // False when the spool is full. An error leaves the spool as it was. `rows` is for the account only.
  Result<bool> append(std::span<const std::byte> payload, std::uint64_t rows);

  // The record that waits longest, the same one until it is released; nothing when none waits.
  Result<std::optional<SpooledRecord>> oldest();
  // What oldest() gave has arrived.
  void release_oldest();
  // What oldest() gave cannot be used: it counts as damage.
  void give_up_oldest(const std::string& why);

  SpoolReport report() const;
  // A sentence for each thing that went wrong since the last call, the first hundred of them.
  std::vector<std::string> take_problems();

 private:
  // Records of the segment `number` before `next` are released. As it stands in the file "progress".
  struct Progress {
    std::uint32_t number = 0, next = 0;
  };
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

  RecordSpool(std::filesystem::path folder, SpoolOptions options, FolderLock lock);

  void take_stock();
  void open_progress();
  std::size_t already_released(std::uint32_t number, const std::vector<SpoolRecord>& records) const;
  void next_record();
  void take_stock_of(std::uint32_t number);
  Result<> begin_segment();
  Result<bool> load_oldest();
  void account_for_loss(std::uint32_t number, Segment& segment, const SegmentScan& scan);
  void finish_oldest();
  std::filesystem::path path_of(std::uint32_t number) const;
  std::uint64_t total_bytes() const;
  void note(std::string problem);

  const std::filesystem::path folder_;
  const SpoolOptions options_;
  const FolderLock lock_;

  mutable std::mutex mutex_;
  std::map<std::uint32_t, Segment> segments_;  // by number, oldest first
  std::uint32_t last_number_ = 0;
  std::optional<AppendFile> writing_;          // the last segment, while it takes more
  std::optional<Reading> reading_;             // the first segment, once it was asked for
  std::optional<FileDescriptor> progress_file_;
  Progress progress_of_earlier_run_;
  std::uint64_t rows_lost_ = 0;
  std::uint64_t damaged_places_ = 0;
  std::string problem_;
  std::vector<std::string> problems_;  // not taken yet
};

}  // namespace weir::base
