// SPDX-License-Identifier: Apache-2.0
// AuditLog: who did what, as one JSON object a line in a file of its own (mode 0600): every request that changes something,
// whether it was let through or not, every login, wrong secret and lock-out, and what signals and commands changed.
//
// Any thread; each line is one append, so several processes may write at once. The file is turned at 8 MiB, four old ones
// stay (.1 is the newest): a flood of failures cannot fill the disk. A line that cannot be written is counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace weir::api {

struct AuditRecord {
  std::string_view user = {}, role = {};  // empty: nobody said who they are
  std::string_view remote = {};           // an address, or "local" for commands and signals
  std::string_view action = {};           // "POST /api/v1/session", "SIGHUP", "weir user add"
  int status = 0;                         // of the answer; 0: none
  std::string_view what = {};             // in a few words, for people
};

class AuditLog {
 public:
  static constexpr std::size_t kTurnAt = 8 * 1024 * 1024;
  static constexpr int kOldFiles = 4;

  explicit AuditLog(std::filesystem::path path, std::size_t turn_at = kTurnAt)
      : path_(std::move(path)), turn_at_(turn_at) {}

  void write(const AuditRecord& record);

  // The newest lines, newest first.
  base::Result<std::vector<std::string>> newest(std::size_t count) const;

  std::uint64_t failures() const { return failures_; }

 private:
  bool append(const std::string& line);
  void turn();

  const std::filesystem::path path_;
  const std::size_t turn_at_;
  std::mutex mutex_;  // turning the files must not meet an append of this process
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace weir::api
