// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/decompressed_stream.h"

namespace weir::capture::pcap {

base::Result<ByteStream::Fill> DecompressedStream::fill(std::chrono::milliseconds patience) {
  const std::span<std::byte> room = buffer_.room(window_);
  window_ = buffer_.window(0);
  while (!finished_) {
    const Step step = decompress(compressed_->window(), room);
    compressed_->consume(step.consumed);
    window_ = buffer_.window(step.produced);
    finished_ = step.finished || step.damage.has_value();
    damage_ = step.damage;
    if (step.produced > 0) return Fill::more;
    if (finished_) break;
    if (step.consumed > 0 && !compressed_->window().empty()) continue;

    const auto more = compressed_->fill(patience);
    if (!more || *more == Fill::waiting) return more;
    if (*more == Fill::end) {
      finished_ = true;
      if (!complete()) damage_ = "the compressed data ends in the middle: the file was cut";
    }
  }
  return Fill::end;
}

}  // namespace weir::capture::pcap
