// SPDX-License-Identifier: Apache-2.0
// Calibration: from how a network's own normal traffic scores to the threshold that fits it.
//
//   samples (score, source, ─┬─ sources that for a while looked strongly like an attack ──▶ not learnt from, told
//     service, time)         ├─ what looks like an attack by nature: one source's use of ─▶ a blind spot: a threshold
//                            │  one service; all that a source does; a service as all      of its own
//                            │  use it
//                            └─ all others ── worst score of each (source, minute) ───────▶ the common threshold:
//                                             so many of them a day may reach it, and never looser than the floor;
//                                             looser than the shipped one only where the traffic says enough
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
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/result.h"
#include "flow/flow_identity.h"

namespace weir::scoring {

// What a flow's source asks for: the protocol and the destination's port. Ports from kFirstOwnPort on are one service: they are
// given by chance.
struct Service {
  static constexpr std::uint16_t kFirstOwnPort = 32'768;

  std::uint8_t protocol = 0;
  std::uint16_t port = 0;  // 0: none, or any from kFirstOwnPort on

  static Service of(std::uint8_t protocol, std::uint16_t port) {
    return {protocol, port < kFirstOwnPort ? port : std::uint16_t{0}};
  }
  static Service of(const flow::FlowIdentity& flow) { return of(flow.protocol, flow.dst_port); }

  std::string to_string() const;                               // "443/tcp", "icmp"
  static std::optional<Service> parse(std::string_view text);  // what to_string gives
  friend constexpr auto operator<=>(const Service&, const Service&) = default;
};

struct CalibrationSample {
  base::IpAddress source;
  Service service;
  base::Timestamp at;  // of the row's slice, or its flow's last packet
  float score = 0;
};

struct CalibrationOptions {
  double alerts_per_day = 48;  // (source, minute) pairs of normal traffic that may be flagged
  std::size_t max_spots = 16;  // blind spots
  bool learn_all = false;      // the traffic is known to be clean: also learn from what looks strongly like an attack
};

// What is judged by a threshold of its own: up to there it raises no alert.
struct BlindSpot {
  std::optional<base::IpAddress> host = {};  // none: whoever asks for the service
  std::optional<Service> service = {};       // none: all that the host does
  float threshold = 0;
  std::uint64_t rows = 0;
  std::uint64_t flagged = 0;                 // of them, by the floor

  std::string to_string() const;             // "198.18.0.9 to 443/tcp"
  bool covers(const base::IpAddress& source, const Service& asked) const {
    return (!host || *host == source) && (!service || *service == asked);
  }
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
  std::vector<BlindSpot> spots = {};  // the most lenient first
  std::vector<NotLearnt> not_learnt = {};

  std::string origin = {};            // of the traffic: a file's name, a database
  base::Timestamp from = {}, until = {};
  std::uint64_t rows = 0;
  std::uint64_t sources = 0;
  std::uint64_t pairs = 0;                                         // (source, minute)

  double asked_per_day = 0;
  double expected_per_day = 0, low_per_day = 0, high_per_day = 0;  // 90 % interval
  std::vector<std::string> warnings = {};                          // each a sentence

  // The most lenient one that covers it, or null.
  const BlindSpot* find(const base::IpAddress& source, const Service& service) const;
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
