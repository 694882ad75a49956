// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/ahead_stream.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace weir::capture::pcap {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::size_t count) {
  std::mt19937 random(7);
  Bytes bytes(count);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

// Gives its bytes in pieces of the given sizes, in turns, and then the end.
class Pieces final : public ByteStream {
 public:
  Pieces(Bytes bytes, std::vector<std::size_t> sizes) : bytes_(std::move(bytes)), sizes_(std::move(sizes)) {}

  base::Result<Fill> fill(std::chrono::milliseconds) override {
    if (given_ == bytes_.size() && fails_) return base::fail("the disk is gone");
    if (given_ == bytes_.size()) return Fill::end;
    const std::size_t size = std::min(sizes_[turn_++ % sizes_.size()], bytes_.size() - given_);
    window_ = std::span(bytes_).subspan(given_ - window_.size(), window_.size() + size);
    given_ += size;
    return Fill::more;
  }
  std::optional<std::string> damage() const override { return "as the inner one says"; }
  std::uint64_t position() const override { return 0; }

  bool fails_ = false;

 private:
  const Bytes bytes_;
  const std::vector<std::size_t> sizes_;
  std::size_t turn_ = 0;
  std::size_t given_ = 0;
};

// A pipe into which nobody writes.
class Silent final : public ByteStream {
 public:
  base::Result<Fill> fill(std::chrono::milliseconds patience) override {
    std::this_thread::sleep_for(patience);
    return Fill::waiting;
  }
  std::uint64_t position() const override { return 0; }
  bool may_wait() const override { return true; }
};

// Reads all, consuming odd amounts so that records lie across blocks.
Bytes read_all(ByteStream& stream, std::size_t record) {
  Bytes got;
  for (;;) {
    while (stream.window().size() >= record) {
      got.insert(got.end(), stream.window().begin(), stream.window().begin() + static_cast<std::ptrdiff_t>(record));
      stream.consume(record);
    }
    const auto filled = stream.fill(1s);
    EXPECT_TRUE(filled.has_value());
    if (!filled || *filled == ByteStream::Fill::end) break;
  }
  got.insert(got.end(), stream.window().begin(), stream.window().end());
  return got;
}

TEST(AheadStream, gives_the_same_bytes_whatever_the_pieces_and_the_records) {
  const Bytes bytes = random_bytes(9'000'001);
  for (const std::size_t record : {std::size_t{1000}, std::size_t{999'983}}) {
    for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{1, 70'000}, {2'000'000}, {1 << 20}}) {
      const auto stream = ahead_stream(std::make_unique<Pieces>(bytes, sizes));
      EXPECT_TRUE(read_all(*stream, record) == bytes);
      EXPECT_EQ(stream->damage(), "as the inner one says");
      EXPECT_EQ(*stream->fill(1s), ByteStream::Fill::end);  // and so it stays
    }
  }
}

TEST(AheadStream, an_error_comes_after_the_bytes_before_it) {
  auto inner = std::make_unique<Pieces>(random_bytes(3'000'000), std::vector<std::size_t>{500'000});
  inner->fails_ = true;
  const auto stream = ahead_stream(std::move(inner));
  std::size_t got = 0;
  auto filled = stream->fill(1s);
  for (; filled && *filled == ByteStream::Fill::more; filled = stream->fill(1s)) {
    got += stream->window().size();
    stream->consume(stream->window().size());
  }
  ASSERT_FALSE(filled.has_value());
  EXPECT_EQ(filled.error().message(), "the disk is gone");
  EXPECT_EQ(got, 3'000'000u);
}

TEST(AheadStream, can_be_left_in_the_middle) {
  const auto stream = ahead_stream(std::make_unique<Pieces>(random_bytes(40'000'000), std::vector<std::size_t>{4096}));
  ASSERT_EQ(*stream->fill(1s), ByteStream::Fill::more);
}

TEST(AheadStream, a_silent_pipe_keeps_nobody_longer_than_their_patience) {
  const auto stream = ahead_stream(std::make_unique<Silent>());
  EXPECT_EQ(*stream->fill(20ms), ByteStream::Fill::waiting);
}

}  // namespace
}  // namespace weir::capture::pcap
