// SPDX-License-Identifier: Apache-2.0
// EveFile: a file that lines are appended to, all of a call or none, so that a full disk leaves no half line behind.
//
// When it would be larger than rotate_bytes it becomes NAME.1 (NAME.1 becomes NAME.2 ..., at most `keep` of them). Before each
// call it is looked at: when somebody else moved or removed it (logrotate), it is opened anew. One thread. make_eve_file_sender()
// makes a sink of it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sinks/sender.h"

namespace weir::sinks {

struct EveFileOptions {
  std::uint64_t rotate_bytes = 256ull << 20;  // 0: never
  unsigned keep = 4;
};

class EveFile {
 public:
  // An error: the file cannot be opened for appending.
  static base::Result<std::unique_ptr<EveFile>> open(const std::filesystem::path& path, EveFileOptions options = {});
  ~EveFile();
  EveFile(const EveFile&) = delete;
  EveFile& operator=(const EveFile&) = delete;

  // An error: nothing of it was written.
  base::Result<> append(std::string_view lines);

  const std::filesystem::path& path() const { return path_; }

 private:
  EveFile(std::filesystem::path path, EveFileOptions options) : path_(std::move(path)), options_(options) {}

  base::Result<> open();
  void close();
  base::Result<> end_a_half_line();
  base::Result<> make_ready(std::size_t more);
  void rotate();
  base::Result<> write(std::string_view text);
  tl::unexpected<base::Error> failed(int number) const;

  const std::filesystem::path path_;
  const EveFileOptions options_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  ino_t inode_ = 0;
};

// A record is a line. What is sent at once is written together or not at all.
std::unique_ptr<Sender> make_eve_file_sender(std::unique_ptr<EveFile> file);

// Whether the file could be opened: it is not made.
base::Result<> check_eve_file(const std::filesystem::path& path);

}  // namespace weir::sinks
