// SPDX-License-Identifier: Apache-2.0
// Small sketches over a sliding window, in constant space: how many different things, and how concentrated they are.
//
// A window slides by two generations: the current one, and the one before, of which an ever smaller share still counts (what
// is left of the window; see WindowClock). Things come as 64-bit hashes with a fixed seed: what is counted must be the same
// in each process, or a model would see other numbers than it was trained on.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace weir::features {

// A fixed mixing function (splitmix64's finaliser): every output bit depends on every input bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// How many different things were put in: a HyperLogLog of 64 registers of 4 bits that keeps its estimate up to date (the
// "historic inverse probability" estimator: a thing that changes the sketch counts for 1 / the chance of a change). Exact
// for few, within about 10 % for thousands, up to a million; O(1) to put in, free to read.
class DistinctSketch {
 public:
  void add(std::uint64_t hash) {
    const unsigned at = hash & 63;
    const auto rank = static_cast<std::uint8_t>(std::min(std::countl_zero(hash | 63) + 1, int{kLargest}));
    std::uint8_t& pair = registers_[at / 2];
    const unsigned shift = at % 2 * 4;
    const auto old = static_cast<std::uint8_t>(pair >> shift & 15U);
    if (rank <= old) return;
    estimate_ += static_cast<float>(kAll) / static_cast<float>(chances_);
    chances_ -= chance(old) - chance(rank);
    pair = static_cast<std::uint8_t>((pair & ~(15U << shift)) | unsigned{rank} << shift);
  }
  float estimate() const { return estimate_; }

 private:
  static constexpr std::uint8_t kLargest = 15;
  static constexpr std::uint32_t kAll = 64U << kLargest;  // all registers empty: every thing changes the sketch
  static constexpr std::uint32_t chance(std::uint8_t rank) { return rank == kLargest ? 0 : 1U << (kLargest - rank); }

  std::array<std::uint8_t, 32> registers_{};
  std::uint32_t chances_ = kAll;  // of a new thing to change the sketch, of kAll
  float estimate_ = 0;
};

// Different things in the window. Each generation's sketch, and one of it together with the generation before: a thing that
// comes again and again counts once, not once for each generation.
class DistinctWindow {
 public:
  void add(std::uint64_t hash) {
    now_.add(hash);
    with_before_.add(hash);
  }
  void next_generation() {
    with_before_ = now_;
    now_ = {};
  }
  float estimate(float share_of_before) const {
    return now_.estimate() + share_of_before * (with_before_.estimate() - now_.estimate());
  }

 private:
  DistinctSketch now_, with_before_;
};

// Whether it is always the same (1) or always another (0): the chance that two things drawn from the window are alike
// (Simpson's index), from counts in 16 buckets, corrected for things that merely share a bucket.
class ConcentrationWindow {
 public:
  void add(std::uint64_t hash) {
    std::uint16_t& count = now_[hash >> 60];
    if (++count == 0xFFFF) {
      for (std::uint16_t& each : now_) each = static_cast<std::uint16_t>(each / 2);
    }
  }
  void next_generation() {
    before_ = now_;
    now_ = {};
  }
  // Of nothing: 0.
  float index(float share_of_before) const {
    float all = 0, squares = 0;
    for (std::size_t i = 0; i < now_.size(); ++i) {
      const float count = now_[i] + share_of_before * before_[i];
      all += count;
      squares += count * count;
    }
    if (all <= 0) return 0;
    constexpr float kByChance = 1.0F / 16;
    return std::max(0.0F, (squares / (all * all) - kByChance) / (1 - kByChance));
  }

 private:
  std::array<std::uint16_t, 16> now_{}, before_{};
};

}  // namespace weir::features
