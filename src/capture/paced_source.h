// SPDX-License-Identifier: Apache-2.0
// A replay at a multiple of the recorded pace: a decorator that holds packets back until they are due.
//
// The first packet sets the start; packet p is due at start + (p.time - first.time) / speed. Late packets (a slow reader, or a
// stamp that goes back) are handed out at once, and the pace catches up. Every gap is kept exactly, however long: at speed 1
// a capture with a quiet hour has a quiet hour. Full speed is not this class: it is no decorator at all.
// Same threads as the source inside.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "capture/packet_source.h"

namespace weir::capture {

// The clock that a replay waits by; tests bring their own.
class PaceClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~PaceClock() = default;
  virtual TimePoint now() = 0;
  virtual void sleep_until(TimePoint when) = 0;

  static PaceClock& system();  // the machine's steady clock
};

class PacedSource final : public PacketSource {
 public:
  // speed > 0: 1 is as recorded, 20 twenty times as fast. Keeps a reference to the clock.
  PacedSource(std::unique_ptr<PacketSource> inner, double speed, PaceClock& clock = PaceClock::system());

  base::Result<Batch> next(std::chrono::milliseconds patience) override;
  SourceStats stats() const override;
  bool live() const override { return inner_->live(); }
  std::string name() const override { return inner_->name(); }

 private:
  PaceClock::TimePoint due(const RawPacket& packet) const;
  std::size_t due_now() const;
  Batch hand_out(std::size_t count);

  const std::unique_ptr<PacketSource> inner_;
  const double speed_;
  PaceClock& clock_;
  bool started_ = false;
  PaceClock::TimePoint start_;
  base::Timestamp first_;
  Batch held_;  // read from inner_, not yet handed out

  // Read by other threads at any time: what was handed out, which is less than inner_ counts.
  std::atomic<std::uint64_t> packets_ = 0;
  std::atomic<std::uint64_t> wire_bytes_ = 0;
};

}  // namespace weir::capture
