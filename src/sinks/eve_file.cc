// SPDX-License-Identifier: Apache-2.0
#include "sinks/eve_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace weir::sinks {

namespace fs = std::filesystem;

base::Result<std::unique_ptr<EveFile>> EveFile::open(const fs::path& path, EveFileOptions options) {
  std::unique_ptr<EveFile> file(new EveFile(path, options));
  if (auto opened = file->open(); !opened) return base::fail(opened.error());
  return base::Result<std::unique_ptr<EveFile>>(std::move(file));
}

EveFile::~EveFile() { close(); }

base::Result<> EveFile::append(std::string_view lines) {
  if (auto ready = make_ready(lines.size()); !ready) return ready;
  return write(lines);
}

tl::unexpected<base::Error> EveFile::failed(int number) const {
  return base::fail(fmt::format("EVE file {}: {}", path_.string(), std::generic_category().message(number)));
}

base::Result<> EveFile::open() {
  close();
  // Non-blocking: a pipe without a reader would hold up the start. It is refused below.
  fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
  struct stat status{};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) return failed(errno);
  if (!S_ISREG(status.st_mode)) {
    close();
    return base::fail(fmt::format("EVE file {}: not a regular file", path_.string()));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  inode_ = status.st_ino;
  return end_a_half_line();
}

void EveFile::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

// A crash in the middle of a write: the next event must not share its line.
base::Result<> EveFile::end_a_half_line() {
  char last = '\n';
  if (size_ == 0 || ::pread(fd_, &last, 1, static_cast<off_t>(size_ - 1)) != 1 || last == '\n') return {};
  auto ended = write("\n");
  if (!ended) close();
  return ended;
}

base::Result<> EveFile::make_ready(std::size_t more) {
  struct stat status{};
  const bool is_there = fd_ >= 0 && ::stat(path_.c_str(), &status) == 0 && status.st_ino == inode_;
  if (is_there) {
    size_ = static_cast<std::uint64_t>(status.st_size);  // also after somebody emptied it (logrotate's copytruncate)
  } else if (auto opened = open(); !opened) {
    return opened;
  }
  if (options_.rotate_bytes == 0 || size_ == 0 || size_ + more <= options_.rotate_bytes) return {};
  rotate();
  return open();
}

// A file that cannot be moved goes on growing: an event is worth more than a size.
void EveFile::rotate() {
  std::error_code ignored;
  const auto old = [this](unsigned number) { return fs::path(fmt::format("{}.{}", path_.string(), number)); };
  for (unsigned number = options_.keep; number > 1; --number) fs::rename(old(number - 1), old(number), ignored);
  if (options_.keep == 0) {
    fs::remove(path_, ignored);
  } else {
    fs::rename(path_, old(1), ignored);
  }
}

base::Result<> EveFile::write(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::write(fd_, text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int number = errno;
      if (at > 0 && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();
      return failed(number);
    }
    at += static_cast<std::size_t>(written);
  }
  size_ += text.size();
  return {};
}

namespace {

class EveFileSender final : public Sender {
 public:
  explicit EveFileSender(std::unique_ptr<EveFile> file) : file_(std::move(file)) {}

  SendResult send(std::span<const Record> records) override {
    std::string lines;
    for (const Record& record : records) lines.append(record.text).append("\n");
    if (const auto written = file_->append(lines); !written) return {.error = written.error()};
    return {.sent = records.size()};
  }

  void interrupt() override {}
  base::Result<> check() override { return check_eve_file(file_->path()); }

 private:
  const std::unique_ptr<EveFile> file_;
};

}  // namespace

std::unique_ptr<Sender> make_eve_file_sender(std::unique_ptr<EveFile> file) {
  return std::make_unique<EveFileSender>(std::move(file));
}

base::Result<> check_eve_file(const fs::path& path) {
  const auto failed = [&](int number) {
    return base::fail(fmt::format("EVE file {}: {}", path.string(), std::generic_category().message(number)));
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return base::fail(fmt::format("EVE file {}: not a regular file", path.string()));
    if (::access(path.c_str(), W_OK) != 0) return failed(errno);
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return failed(errno);
  return {};
}

}  // namespace weir::sinks
