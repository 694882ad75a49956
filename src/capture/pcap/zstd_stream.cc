// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/zstd_stream.h"

#include <zstd.h>

#include <utility>

#include "base/check.h"
#include "capture/pcap/decompressed_stream.h"

namespace weir::capture::pcap {

namespace {

class ZstdStream final : public DecompressedStream {
 public:
  explicit ZstdStream(std::unique_ptr<ByteStream> compressed)
      : DecompressedStream(std::move(compressed)), state_(ZSTD_createDStream()) {
    WEIR_CHECK(state_ != nullptr);
  }
  ~ZstdStream() override { ZSTD_freeDStream(state_); }

 private:
  Step decompress(std::span<const std::byte> input, std::span<std::byte> room) override {
    // Asked without input too: a call before may have left output inside that had no room.
    ZSTD_inBuffer in{.src = input.data(), .size = input.size(), .pos = 0};
    ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
    if (in.size == 0 && between_frames_) return {};
    const std::size_t outcome = ZSTD_decompressStream(state_, &out, &in);
    Step step{.consumed = in.pos, .produced = out.pos};
    if (ZSTD_isError(outcome)) {
      step.damage = std::string("the zstd data is damaged: ") + ZSTD_getErrorName(outcome);
    }
    between_frames_ = outcome == 0;
    return step;
  }

  bool complete() const override { return between_frames_; }

  ZSTD_DStream* const state_;
  bool between_frames_ = true;
};

}  // namespace

std::unique_ptr<ByteStream> zstd_stream(std::unique_ptr<ByteStream> compressed) {
  return std::make_unique<ZstdStream>(std::move(compressed));
}

}  // namespace weir::capture::pcap
