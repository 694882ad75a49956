// SPDX-License-Identifier: Apache-2.0
// RecentHabits: how the last connections of a key looked, however long ago they were: regular or not, alike or not, answered
// or not. Each new one counts for an eighth (more while there are few), so slow behaviour is seen where a window of a minute
// holds one connection at a time: a beacon, a scan with a probe each minute.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace weir::features {

// Moves a mean towards x. What has all but vanished is nothing: numbers below what a float holds exactly are slow.
inline void move_towards(float& mean, float x, float weight) {
  mean += weight * (x - mean);
  if (std::abs(mean) < 1e-6F) mean = 0;
}

// Mean and spread of a quantity, exponentially weighted by events: the first eight count alike, then each for 1/8.
class RecentSpread {
 public:
  void add(float x) {
    count_ = std::min<std::uint8_t>(static_cast<std::uint8_t>(count_ + 1), kEvents);
    const float weight = 1.0F / static_cast<float>(count_);
    const float distance = x - mean_;
    move_towards(mean_, x, weight);
    move_towards(variance_, (1 - weight) * distance * distance, weight);
  }
  float mean() const { return count_ > 0 ? mean_ : std::numeric_limits<float>::quiet_NaN(); }
  // Of fewer than three nothing can be said.
  float deviation() const {
    return count_ > 2 ? std::sqrt(std::max(0.0F, variance_)) : std::numeric_limits<float>::quiet_NaN();
  }

 private:
  static constexpr std::uint8_t kEvents = 8;
  float mean_ = 0, variance_ = 0;
  std::uint8_t count_ = 0;
};

inline float log2_of(double x) { return std::log2(1 + static_cast<float>(x)); }

// A session: a TCP connection that closed, or never was answered; the beginning of anything else.
struct Session {
  float fwd = 0, bwd = 0, time = 0;  // log2(1 + bytes), log2(1 + us)
};

// How often the last connections had to do with another thing (a peer, a port) than the one before.
class RecentChanges {
 public:
  void start(std::uint32_t thing) {
    if (count_ > 0) {
      const float weight = 1.0F / static_cast<float>(count_);
      move_towards(share_, thing != thing_ ? 1 : 0, weight);
    }
    thing_ = thing;
    count_ = std::min<std::uint8_t>(static_cast<std::uint8_t>(count_ + 1), 8);
  }
  float share() const { return count_ > 1 ? share_ : std::numeric_limits<float>::quiet_NaN(); }

 private:
  float share_ = 0;
  std::uint32_t thing_ = 0;
  std::uint8_t count_ = 0;
};

struct RecentHabits {
  static constexpr std::uint16_t kMostStarts = 16;

  RecentSpread gap, fwd, bwd, time;
  RecentChanges changes;
  float unanswered = 0, refused = 0;
  std::uint16_t starts = 0;
  base::Timestamp last_start;

  // `thing` stands for the peer or port that it has to do with.
  void start(base::Timestamp at, bool is_unanswered, bool is_refused, std::uint32_t thing) {
    if (starts > 0) gap.add(log2_of(std::abs(static_cast<double>((at - last_start).count()))));
    starts = std::min<std::uint16_t>(static_cast<std::uint16_t>(starts + 1), kMostStarts);
    const float weight = 1.0F / static_cast<float>(std::min<int>(starts, 8));
    move_towards(unanswered, is_unanswered ? 1 : 0, weight);
    move_towards(refused, is_refused ? 1 : 0, weight);
    changes.start(thing);
    last_start = std::max(last_start, at);
  }
  void end(const Session& session) {
    fwd.add(session.fwd);
    bwd.add(session.bwd);
    time.add(session.time);
  }
};

}  // namespace weir::features
