// SPDX-License-Identifier: Apache-2.0
#include "base/spool_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace weir::base {

namespace {

namespace fs = std::filesystem;

tl::unexpected<base::Error> failed(int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) return base::fail("the disk is full");
  return base::fail(std::system_category().message(error_number));
}

FileDescriptor open_file(const fs::path& file, int flags) {
  return FileDescriptor(::open(file.c_str(), flags | O_CLOEXEC, 0600));
}

// A new name is on the disk only when its folder is.
base::Result<> sync_folder(const fs::path& folder) {
  const FileDescriptor fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return failed(errno);
  return {};
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

base::Result<AppendFile> AppendFile::create(const fs::path& file) {
  AppendFile created(open_file(file, O_WRONLY | O_CREAT | O_EXCL));
  if (created.fd_.get() < 0) return failed(errno);
  if (auto synced = sync_folder(file.parent_path()); !synced) return base::fail(synced.error());
  return created;
}

base::Result<> AppendFile::append(std::span<const std::byte> bytes) {
  const auto undo = [this](int error_number) {
    // Should this fail too, the reader takes what is left behind for a torn end.
    if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) return failed(error_number);
    ::lseek(fd_.get(), static_cast<off_t>(size_), SEEK_SET);
    return failed(error_number);
  };
  for (auto rest = bytes; !rest.empty();) {
    const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return undo(errno);
    rest = rest.subspan(static_cast<std::size_t>(written));
  }
  if (::fdatasync(fd_.get()) != 0) return undo(errno);
  size_ += bytes.size();
  return {};
}

base::Result<FolderLock> FolderLock::take(const fs::path& folder) {
  FolderLock lock(open_file(folder / "lock", O_RDWR | O_CREAT));
  if (lock.fd_.get() < 0) return failed(errno);
  if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) != 0) return base::fail("another weir is using it");
  return lock;
}

base::Result<std::vector<std::byte>> read_file(const fs::path& file) {
  const FileDescriptor fd = open_file(file, O_RDONLY);
  struct stat status{};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0) return failed(errno);
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::read(fd.get(), bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) bytes.resize(at);
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace weir::base
