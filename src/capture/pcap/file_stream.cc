// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/file_stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture/pcap/stream_buffer.h"

namespace weir::capture::pcap {

namespace {

using Fill = ByteStream::Fill;

base::Result<std::unique_ptr<ByteStream>> mapping_failed() {
  return base::fail(std::string("cannot map the file into memory: ") + std::strerror(errno));
}

class ReadStream final : public ByteStream {
 public:
  explicit ReadStream(OpenFile file) : file_(std::move(file)) {
    struct stat status{};
    if (fstat(file_.descriptor(), &status) == 0 && S_ISREG(status.st_mode)) {
      size_ = static_cast<std::uint64_t>(status.st_size);
    }
  }

  base::Result<Fill> fill(std::chrono::milliseconds patience) override {
    pollfd wanted{.fd = file_.descriptor(), .events = POLLIN, .revents = 0};
    // A signal ends the wait early, so that whoever reads can look at its stop flag.
    if (poll(&wanted, 1, static_cast<int>(patience.count())) <= 0) return Fill::waiting;
    const std::span<std::byte> room = buffer_.room(window_);
    const ssize_t got = read(file_.descriptor(), room.data(), room.size());
    window_ = buffer_.window(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return Fill::waiting;
    if (got < 0) return base::fail(std::string("cannot read on: ") + std::strerror(errno));
    taken_ += static_cast<std::uint64_t>(got);
    return got == 0 ? Fill::end : Fill::more;
  }

  std::uint64_t position() const override { return taken_ - window_.size(); }
  std::uint64_t size() const override { return size_; }
  bool may_wait() const override { return size_ == 0; }

 private:
  OpenFile file_;
  std::uint64_t size_ = 0;
  StreamBuffer buffer_;
  std::uint64_t taken_ = 0;
};

// Shows the file step by step. Each step first has the kernel bring its pages in: that costs fewer page faults, and a file
// that another program has cut meanwhile, or a disk that fails, is then an error code and not a SIGBUS. (It still is one if
// the file is cut between that moment and the reading of the same step: a few milliseconds.)
class MappedStream final : public ByteStream {
 public:
  MappedStream(OpenFile file, std::byte* start, std::size_t size) : file_(std::move(file)), start_(start), size_(size) {
    madvise(start_, size_, MADV_SEQUENTIAL);
  }
  ~MappedStream() override { munmap(start_, size_); }

  base::Result<Fill> fill(std::chrono::milliseconds) override {
    if (shown_ == size_) return Fill::end;
    const std::size_t step = std::min(kStep, size_ - shown_);
    if (auto ready = bring_in(step); !ready) return base::fail(ready.error());
    const std::size_t unread = window_.size();
    window_ = {start_ + shown_ - unread, unread + step};
    shown_ += step;
    return Fill::more;
  }

  std::uint64_t position() const override { return shown_ - window_.size(); }
  std::uint64_t size() const override { return size_; }

 private:
  static constexpr std::size_t kStep = std::size_t{1} << 20;  // a multiple of any page size

  base::Result<> bring_in(std::size_t step) {
    struct stat status{};
    if (fstat(file_.descriptor(), &status) != 0 || static_cast<std::uint64_t>(status.st_size) < size_) {
      return base::fail("the file became shorter while it was read");
    }
    // Linux before 5.14 does not know this advice: then the pages come one fault at a time.
    if (madvise(start_ + shown_, step, MADV_POPULATE_READ) != 0 && errno != EINVAL) {
      return base::fail(std::string("cannot read on: ") + std::strerror(errno == EFAULT ? EIO : errno));
    }
    return {};
  }

  OpenFile file_;
  std::byte* const start_;
  const std::size_t size_;
  std::size_t shown_ = 0;
};

}  // namespace

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::unique_ptr<ByteStream> read_stream(OpenFile file) { return std::make_unique<ReadStream>(std::move(file)); }

base::Result<std::unique_ptr<ByteStream>> mapped_stream(OpenFile file, std::uint64_t size) {
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (start == MAP_FAILED) return mapping_failed();
  return std::make_unique<MappedStream>(std::move(file), static_cast<std::byte*>(start), size);
}

}  // namespace weir::capture::pcap
