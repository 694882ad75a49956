// SPDX-License-Identifier: Apache-2.0
// ByteStream: the bytes of a capture, seen through a window: the part that is in memory and not yet consumed.
//
// A format reads records where they lie in the window, so that a plain file is never copied. fill() may move what the window
// holds: whoever borrowed from it must be done by then. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace weir::capture::pcap {

// The window always can be grown to this many bytes: no record that a format wants whole may be larger.
inline constexpr std::size_t kLargestRecord = std::size_t{1} << 20;

class ByteStream {
 public:
  enum class Fill {
    more,     // the window has grown
    waiting,  // nothing came in time (standard input)
    end,      // nothing will come
  };

  virtual ~ByteStream() = default;

  std::span<const std::byte> window() const { return window_; }
  void consume(std::size_t bytes) { window_ = window_.subspan(bytes); }

  // Gets more bytes behind those of the window. An error is the world's (the disk failed); damaged content is an end, with
  // damage() saying why.
  virtual base::Result<Fill> fill(std::chrono::milliseconds patience) = 0;
  virtual std::optional<std::string> damage() const { return std::nullopt; }

  // How much of the file as it lies on the disk is consumed; where it is compressed, up to the block in the window.
  virtual std::uint64_t position() const = 0;
  virtual std::uint64_t size() const { return 0; }  // of that file; 0 when unknown
  virtual bool may_wait() const { return false; }   // a pipe or a terminal: bytes come when they come

 protected:
  std::span<const std::byte> window_;
};

}  // namespace weir::capture::pcap
