// SPDX-License-Identifier: Apache-2.0
// The system calls of the spool: a file that only grows and whose every append is on the disk, a folder's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weir::base {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return fd_; }

 private:
  int fd_;
};

class AppendFile {
 public:
  // The file must not exist yet; its name is on the disk when this returns.
  static base::Result<AppendFile> create(const std::filesystem::path& file);

  // All or nothing: after an error (a full disk) the file is as it was before.
  base::Result<> append(std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }

 private:
  explicit AppendFile(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
  std::uint64_t size_ = 0;
};

// Held as long as the object lives; the kernel lets go of it when the process dies.
class FolderLock {
 public:
  static base::Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  explicit FolderLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

base::Result<std::vector<std::byte>> read_file(const std::filesystem::path& file);

}  // namespace weir::base
