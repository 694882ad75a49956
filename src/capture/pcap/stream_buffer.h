// SPDX-License-Identifier: Apache-2.0
// StreamBuffer: the memory of a stream that has to bring bytes in (read, decompressed). Fixed size, allocated once.
#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "capture/pcap/byte_stream.h"

namespace weir::capture::pcap {

class StreamBuffer {
 public:
  // Twice the largest record: at least half of the buffer is free for new bytes when a record has to be completed.
  StreamBuffer() : bytes_(2 * kLargestRecord) {}

  // Moves what is unread to the front and gives the free room behind it. Never empty.
  std::span<std::byte> room(std::span<const std::byte> unread) {
    WEIR_CHECK(unread.size() < bytes_.size());
    if (!unread.empty()) std::memmove(bytes_.data(), unread.data(), unread.size());
    kept_ = unread.size();
    return std::span(bytes_).subspan(kept_);
  }

  // The window after `added` bytes were put into that room.
  std::span<const std::byte> window(std::size_t added) const { return std::span(bytes_).first(kept_ + added); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t kept_ = 0;
};

}  // namespace weir::capture::pcap
