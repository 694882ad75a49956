// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/gzip_stream.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "capture/pcap/decompressed_stream.h"

namespace weir::capture::pcap {

namespace {

constexpr int kGzipOnly = 15 + 16;  // windowBits: the largest window, and a gzip header

class GzipStream final : public DecompressedStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> compressed) : DecompressedStream(std::move(compressed)) {
    WEIR_CHECK(inflateInit2(&state_, kGzipOnly) == Z_OK);
  }
  ~GzipStream() override { inflateEnd(&state_); }

 private:
  Step decompress(std::span<const std::byte> input, std::span<std::byte> room) override {
    if (input.empty()) return {};
    if (between_members_) {
      // Tapes and some tools pad with zeros; anything but another member is none of ours.
      if (input.front() != std::byte{0x1F}) return {.finished = true};
      inflateReset(&state_);
      between_members_ = false;
    }
    return inflate_some(input, room);
  }

  Step inflate_some(std::span<const std::byte> input, std::span<std::byte> room) {
    const auto offered = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
    state_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));  // zlib does not write there
    state_.avail_in = static_cast<uInt>(offered);
    state_.next_out = reinterpret_cast<Bytef*>(room.data());
    state_.avail_out = static_cast<uInt>(room.size());
    const int outcome = inflate(&state_, Z_NO_FLUSH);
    Step step{.consumed = offered - state_.avail_in, .produced = room.size() - state_.avail_out};
    if (outcome == Z_STREAM_END) {
      between_members_ = true;
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
      step.damage = std::string("the gzip data is damaged: ") + (state_.msg != nullptr ? state_.msg : "unknown error");
    }
    return step;
  }

  bool complete() const override { return between_members_; }

  z_stream state_{};
  bool between_members_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> gzip_stream(std::unique_ptr<ByteStream> compressed) {
  return std::make_unique<GzipStream>(std::move(compressed));
}

}  // namespace weir::capture::pcap
