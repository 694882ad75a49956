// SPDX-License-Identifier: Apache-2.0
#include "capture/pcap/file_source.h"

#include <utility>

#include "capture/pcap/ahead_stream.h"
#include "capture/pcap/byte_order.h"
#include "capture/pcap/gzip_stream.h"
#include "capture/pcap/zstd_stream.h"

namespace weir::capture::pcap {

namespace {

bool is_gzip(std::span<const std::byte> start) {
  return start.size() >= 2 && start[0] == std::byte{0x1F} && start[1] == std::byte{0x8B};
}

// A frame, or a skippable frame such as parallel compressors put first (RFC 8878 section 3.1).
bool is_zstd(std::span<const std::byte> start) {
  if (start.size() < 4) return false;
  const std::uint32_t magic = load_u32(start.data(), std::endian::native == std::endian::big);
  return magic == 0xFD2FB528 || (magic & 0xFFFFFFF0) == 0x184D2A50;
}

}  // namespace

FileSource::FileSource(std::unique_ptr<ByteStream> stream, std::string name)
    : name_(std::move(name)), stream_(std::move(stream)), size_(stream_->size()) {}

base::Result<> FileSource::prime() {
  auto first = read(std::chrono::milliseconds(0));
  if (!first) return base::fail(first.error());
  primed_ = *first;
  return {};
}

base::Result<PacketSource::Batch> FileSource::next(std::chrono::milliseconds patience) {
  auto batch = primed_ ? base::Result<Batch>(*std::exchange(primed_, std::nullopt)) : read(patience);
  if (batch) count(*batch);
  return batch;
}

base::Result<PacketSource::Batch> FileSource::read(std::chrono::milliseconds patience) {
  packets_.clear();
  while (stage_ != Stage::ended) {
    if (auto looked = look_at(stream_->window()); !looked) return base::fail(looked.error().within(name_));
    if (!packets_.view().empty() || stage_ == Stage::ended) break;

    const auto filled = stream_->fill(patience);
    if (!filled) return base::fail(filled.error().within(name_));
    if (*filled == ByteStream::Fill::waiting) return Batch{};
    if (*filled == ByteStream::Fill::end) {
      if (auto ended = end_of_stream(); !ended) return base::fail(ended.error().within(name_));
    }
  }
  position_.store(stream_->position(), std::memory_order_relaxed);
  return Batch{packets_.view(), stage_ == Stage::ended ? State::end : State::open};
}

base::Result<> FileSource::look_at(std::span<const std::byte> window) {
  if (stage_ == Stage::packets) return parse();
  if (window.size() < kFormatHeader) return {};
  return stage_ == Stage::compression ? choose_compression(window) : choose_format(window);
}

base::Result<> FileSource::choose_compression(std::span<const std::byte> start) {
  stage_ = Stage::format;
  if (is_gzip(start)) {
    stream_ = ahead_stream(gzip_stream(std::move(stream_)));
  } else if (is_zstd(start)) {
    stream_ = ahead_stream(zstd_stream(std::move(stream_)));
  } else {
    return choose_format(start);
  }
  return {};
}

base::Result<> FileSource::choose_format(std::span<const std::byte> start) {
  auto format = recognise(start);
  if (!format) return base::fail(format.error());
  format_ = *std::move(format);
  stage_ = Stage::packets;
  return parse();
}

base::Result<> FileSource::parse() {
  auto parsed = format_->parse(stream_->window(), offset_, packets_);
  if (!parsed) return base::fail(parsed.error());
  stream_->consume(parsed->consumed);
  offset_ += parsed->consumed;
  if (parsed->damage) end(std::move(parsed->damage));
  return {};
}

// Nothing more will come: small files are judged by what there is, and a rest that is no whole record is damage.
base::Result<> FileSource::end_of_stream() {
  const std::span<const std::byte> rest = stream_->window();
  if (stage_ == Stage::compression && (is_gzip(rest) || is_zstd(rest))) return choose_compression(rest);
  if (stage_ != Stage::packets) {
    if (rest.empty() && stream_->damage()) return base::fail(*stream_->damage());
    return choose_format(rest);
  }
  auto damage = stream_->damage();
  end(damage ? std::move(damage) : format_->cut_short(rest, offset_));
  return {};
}

void FileSource::end(std::optional<std::string> damage) {
  damage_ = std::move(damage);
  stage_ = Stage::ended;
  ended_.store(true, std::memory_order_release);
}

void FileSource::count(const Batch& batch) {
  std::uint64_t bytes = 0;
  for (const RawPacket& packet : batch.packets) bytes += packet.wire_length;
  packet_count_.fetch_add(batch.packets.size(), std::memory_order_relaxed);
  wire_bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

SourceStats FileSource::stats() const {
  SourceStats stats;
  stats.packets = packet_count_.load(std::memory_order_relaxed);
  stats.wire_bytes = wire_bytes_.load(std::memory_order_relaxed);
  stats.position_bytes = position_.load(std::memory_order_relaxed);
  stats.size_bytes = size_;
  if (ended_.load(std::memory_order_acquire)) stats.damage = damage_;
  return stats;
}

}  // namespace weir::capture::pcap
