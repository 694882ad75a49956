// SPDX-License-Identifier: Apache-2.0
// Calibration: from how a network's own normal traffic scores to the threshold that fits it.
//
//   samples (score, source, time) ─┬─ sources that for a while looked strongly like an attack ──▶ not learnt from, told
//                                  ├─ the few sources whose normal looks like an attack ─────────▶ a threshold of their own
//                                  └─ all others ── worst score of each (source, minute) ────────▶ the common threshold:
//                                                   so many of them a day may reach it, and never looser than the floor;
//                                                   looser than the shipped one only where the traffic says enough
//
// Alerts are counted as (source, minute) pairs: a noisy minute is one thing to look at, however many rows it has.
// Where minutes of traffic must speak of days, the tail of the pairs' scores is taken as exponential (peaks over threshold).
// What to expect is measured on traffic that the threshold was not set by: each half is judged by what the other half gives.
//
// Pure functions over samples; nothing here reads a clock. Cost: O(n log n), a second for a million samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/result.h"

namespace weir::scoring {

struct CalibrationSample {
  base::IpAddress source;
  base::Timestamp at;  // of the row's slice, or its flow's last packet
  float score = 0;
};

struct CalibrationOptions {
  double alerts_per_day = 48;  // (source, minute) pairs of normal traffic that may be flagged
  std::size_t max_hosts = 16;  // with a threshold of their own: each is a blind spot
  bool learn_all = false;      // the traffic is known to be clean: also learn from what looks strongly like an attack
};

// A source that is judged by a threshold of its own: what it does up to there raises no alert.
struct HostThreshold {
  base::IpAddress host;
  float threshold = 0;
  std::uint64_t rows = 0;
  std::uint64_t flagged = 0;  // of them, by the floor
};

// A source that was left out.
struct NotLearnt {
  base::IpAddress host;
  std::uint64_t rows = 0;
  std::uint64_t flagged = 0;
  base::Timestamp from, until;  // of the flagged rows
  float worst = 0;              // score
};

struct Calibration {
  float threshold = 0;
  float shipped_threshold = 0;
  float floor = 0;
  std::vector<HostThreshold> hosts = {};
  std::vector<NotLearnt> not_learnt = {};

  std::string origin = {};  // of the traffic: a file's name, a database
  base::Timestamp from = {}, until = {};
  std::uint64_t rows = 0;
  std::uint64_t sources = 0;
  std::uint64_t pairs = 0;                                         // (source, minute)

  double asked_per_day = 0;
  double expected_per_day = 0, low_per_day = 0, high_per_day = 0;  // 90 % interval
  std::vector<std::string> warnings = {};                          // each a sentence

  const HostThreshold* find(const base::IpAddress& host) const;
};

// What of the model calibration needs to know.
struct ScoreScale {
  bool higher_is_worse = false;
  float floor = 0;  // calibration never goes looser
  float shipped_threshold = 0;
};

// An error when there is nothing to learn from.
base::Result<Calibration> calibrate(std::span<const CalibrationSample> samples, const ScoreScale& scale,
                                    const CalibrationOptions& options);

// What it says, for people: several lines, the last one ended too.
std::string to_text(const Calibration& calibration);

// The bounds of a Poisson mean with 90 % confidence, after `count` events were seen.
std::pair<double, double> poisson_interval(std::uint64_t count);

}  // namespace weir::scoring
