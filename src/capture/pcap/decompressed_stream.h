// SPDX-License-Identifier: Apache-2.0
// What gzip and zstd have in common: compressed bytes of an inner stream in, plain bytes out, until its end or damage.
#pragma once

#include <memory>
#include <utility>

#include "capture/pcap/stream_buffer.h"

namespace weir::capture::pcap {

class DecompressedStream : public ByteStream {
 public:
  explicit DecompressedStream(std::unique_ptr<ByteStream> compressed) : compressed_(std::move(compressed)) {}

  base::Result<Fill> fill(std::chrono::milliseconds patience) override;
  std::optional<std::string> damage() const override { return damage_; }
  std::uint64_t position() const override { return compressed_->position(); }
  std::uint64_t size() const override { return compressed_->size(); }
  bool may_wait() const override { return compressed_->may_wait(); }

 protected:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool finished = false;  // the compressed content is complete; what follows is none of it
    std::optional<std::string> damage = std::nullopt;
  };
  // Decompresses as far as input and room allow.
  virtual Step decompress(std::span<const std::byte> input, std::span<std::byte> room) = 0;
  // True when the input may end here: not in the middle of a member or frame.
  virtual bool complete() const = 0;

 private:
  std::unique_ptr<ByteStream> compressed_;
  StreamBuffer buffer_;
  std::optional<std::string> damage_;
  bool finished_ = false;
};

}  // namespace weir::capture::pcap
