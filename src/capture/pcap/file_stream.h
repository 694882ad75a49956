// SPDX-License-Identifier: Apache-2.0
// The two ways at the bytes of a file descriptor: a regular file is mapped into memory, anything else (standard input, pipes,
// devices) is read.
#pragma once

#include <memory>

#include "capture/pcap/byte_stream.h"

namespace weir::capture::pcap {

// An open file descriptor; closes it.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  OpenFile& operator=(OpenFile&&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unique_ptr<ByteStream> read_stream(OpenFile file);

// `size` as fstat() gave it. A file that grows meanwhile is read up to that size.
base::Result<std::unique_ptr<ByteStream>> mapped_stream(OpenFile file, std::uint64_t size);

}  // namespace weir::capture::pcap
