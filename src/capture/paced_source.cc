// SPDX-License-Identifier: Apache-2.0
#include "capture/paced_source.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/check.h"

namespace weir::capture {

namespace {

class SystemClock final : public PaceClock {
 public:
  TimePoint now() override { return std::chrono::steady_clock::now(); }
  void sleep_until(TimePoint when) override { std::this_thread::sleep_until(when); }
};

// The farthest that a packet can be off: beyond it the steady clock would overflow.
constexpr double kFarthestSeconds = 100.0 * 365 * 86400;

}  // namespace

PaceClock& PaceClock::system() {
  static SystemClock clock;  // without state, so that sharing it means nothing
  return clock;
}

PacedSource::PacedSource(std::unique_ptr<PacketSource> inner, double speed, PaceClock& clock)
    : inner_(std::move(inner)), speed_(speed), clock_(clock) {
  WEIR_CHECK(speed > 0);
}

PaceClock::TimePoint PacedSource::due(const RawPacket& packet) const {
  const std::chrono::duration<double> recorded = packet.time - first_;
  const double seconds = std::clamp(recorded.count() / speed_, -kFarthestSeconds, kFarthestSeconds);
  return start_ + std::chrono::duration_cast<PaceClock::TimePoint::duration>(std::chrono::duration<double>(seconds));
}

std::size_t PacedSource::due_now() const {
  const auto now = clock_.now();
  const auto waiting = std::ranges::find_if(held_.packets, [&](const RawPacket& packet) { return due(packet) > now; });
  return static_cast<std::size_t>(waiting - held_.packets.begin());
}

PacketSource::Batch PacedSource::hand_out(std::size_t count) {
  Batch batch{.packets = held_.packets.first(count)};
  held_.packets = held_.packets.subspan(count);
  if (held_.packets.empty()) batch.state = held_.state;
  std::uint64_t bytes = 0;
  for (const RawPacket& packet : batch.packets) bytes += packet.wire_length;
  packets_.fetch_add(count, std::memory_order_relaxed);
  wire_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return batch;
}

base::Result<PacketSource::Batch> PacedSource::next(std::chrono::milliseconds patience) {
  const auto give_up = clock_.now() + patience;
  if (held_.packets.empty() && held_.state == State::open) {
    auto batch = inner_->next(patience);
    if (!batch) return batch;
    held_ = *batch;
  }
  if (held_.packets.empty()) return held_;
  if (!started_) {
    started_ = true;
    start_ = clock_.now();
    first_ = held_.packets.front().time;
  }
  if (due(held_.packets.front()) > clock_.now()) clock_.sleep_until(std::min(due(held_.packets.front()), give_up));
  return hand_out(due_now());
}

SourceStats PacedSource::stats() const {
  SourceStats stats = inner_->stats();
  stats.packets = packets_.load(std::memory_order_relaxed);
  stats.wire_bytes = wire_bytes_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace weir::capture
