// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "capture/pcap/file_source.h"
#include "capture/pcap/file_stream.h"

namespace weir::capture::pcap {

namespace {

std::string why_not_opened(int error) {
  switch (error) {
    case ENOENT: return "there is no such file";
    case EACCES: return "no permission to read it: run as a user who may, or change its mode";
    default: return std::strerror(error);
  }
}

base::Result<OpenFile> open_descriptor(const std::string& path) {
  // Standard input is not ours to close.
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return base::fail(why_not_opened(errno));
  return OpenFile(descriptor);
}

// A regular file that is at its start (standard input may be one, half read by another program) can be mapped.
base::Result<std::unique_ptr<ByteStream>> stream_of(OpenFile file) {
  struct stat status{};
  if (fstat(file.descriptor(), &status) != 0) return base::fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return base::fail("it is a directory: name a file in it");
  if (S_ISREG(status.st_mode) && status.st_size == 0) return base::fail("the file is empty");
  const bool mappable = S_ISREG(status.st_mode) && lseek(file.descriptor(), 0, SEEK_CUR) == 0;
  if (!mappable) return read_stream(std::move(file));
  return mapped_stream(std::move(file), static_cast<std::uint64_t>(status.st_size));
}

}  // namespace

base::Result<std::unique_ptr<PacketSource>> open_file(const std::string& path) {
  const std::string name = path == "-" ? "standard input" : path;
  auto file = open_descriptor(path);
  if (!file) return base::fail_within(name, file);
  auto stream = stream_of(*std::move(file));
  if (!stream) return base::fail_within(name, stream);

  const bool may_wait = (*stream)->may_wait();
  auto source = std::make_unique<FileSource>(*std::move(stream), name);
  if (!may_wait) {
    if (auto primed = source->prime(); !primed) return base::fail(primed.error());
  }
  return source;
}

}  // namespace weir::capture::pcap
