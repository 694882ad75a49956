// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/ahead_stream.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/bounded_queue.h"
#include "base/check.h"

namespace weir::capture::pcap {

namespace {

using Fill = ByteStream::Fill;

// How long the thread may wait for bytes of a pipe before it looks whether it is still wanted.
constexpr std::chrono::milliseconds kPatience{100};

constexpr std::size_t kBlocks = 6;  // in all: read ahead, being filled, being looked at

// Bytes of the inner stream, or why there are no more. In front of them is room for what the reader has not yet consumed of
// the block before, so that a record that lies in both can be seen whole without copying the block.
class Block {
 public:
  base::Result<Fill> outcome = Fill::more;
  std::uint64_t position = 0;                   // of the inner stream, before these bytes

  void take(std::span<const std::byte> bytes) {
    memory_.resize(kLargestRecord + kLargest);  // once
    size_ = bytes.size();
    std::memcpy(memory_.data() + kLargestRecord, bytes.data(), bytes.size());
  }

  // The block behind `unread`, which may lie anywhere but in this block.
  std::span<const std::byte> behind(std::span<const std::byte> unread) {
    WEIR_CHECK(unread.size() <= kLargestRecord);
    std::byte* const start = memory_.data() + kLargestRecord - unread.size();
    if (!unread.empty()) std::memcpy(start, unread.data(), unread.size());
    return {start, unread.size() + size_};
  }

  static constexpr std::size_t kLargest = std::size_t{1} << 20;

 private:
  std::vector<std::byte> memory_;
  std::size_t size_ = 0;
};

class AheadStream final : public ByteStream {
 public:
  explicit AheadStream(std::unique_ptr<ByteStream> inner) : inner_(std::move(inner)) {
    for (std::size_t i = 0; i < kBlocks; ++i) empty_.push(Block{});
    thread_ = std::thread([this] { run(); });
  }
  ~AheadStream() override {
    stop_.store(true, std::memory_order_relaxed);
    empty_.close();
    full_.close();
    thread_.join();
  }

  base::Result<Fill> fill(std::chrono::milliseconds patience) override {
    if (ended_) return Fill::end;
    // A file always gives something: whoever reads it need not ask again and again.
    auto next = may_wait() ? full_.pop_for(patience) : full_.pop();
    if (!next) return Fill::waiting;
    position_ = next->position;
    if (!next->outcome || *next->outcome == Fill::end) {
      ended_ = true;
      return next->outcome;
    }
    window_ = next->behind(window_);
    std::swap(shown_, *next);
    empty_.push(std::move(*next));
    return Fill::more;
  }

  // The inner stream is the thread's until it has ended.
  std::optional<std::string> damage() const override { return ended_ ? inner_->damage() : std::nullopt; }
  // Not how far the thread has read ahead.
  std::uint64_t position() const override { return position_; }
  std::uint64_t size() const override { return inner_->size(); }
  bool may_wait() const override { return inner_->may_wait(); }

 private:
  void run() {
    while (auto block = empty_.pop()) {
      if (!read(*block)) return;
      const bool last = !block->outcome || *block->outcome == Fill::end;
      if (!full_.push(std::move(*block)) || last) return;
    }
  }

  // False when nobody wants the bytes any more.
  bool read(Block& block) {
    block.outcome = Fill::more;
    block.position = inner_->position();
    while (inner_->window().empty()) {
      block.outcome = inner_->fill(kPatience);
      if (!block.outcome || *block.outcome == Fill::end) {
        block.position = inner_->position();
        return true;
      }
      if (stop_.load(std::memory_order_relaxed)) return false;
    }
    block.outcome = Fill::more;
    const std::size_t size = std::min(inner_->window().size(), Block::kLargest);
    block.take(inner_->window().first(size));
    inner_->consume(size);
    return true;
  }

  // the thread's until the last block has been taken; size() and may_wait() never change
  const std::unique_ptr<ByteStream> inner_;

  // shared
  base::BoundedQueue<Block> full_{kBlocks};
  base::BoundedQueue<Block> empty_{kBlocks};
  std::atomic<bool> stop_ = false;  // a queue cannot interrupt a wait for a pipe

  // the reader's
  Block shown_;  // the window lies in it
  std::uint64_t position_ = 0;
  bool ended_ = false;

  std::thread thread_;
};

}  // namespace

std::unique_ptr<ByteStream> ahead_stream(std::unique_ptr<ByteStream> inner) {
  return std::make_unique<AheadStream>(std::move(inner));
}

}  // namespace weir::capture::pcap
