// SPDX-License-Identifier: Apache-2.0
// Adaptation: a running sensor's threshold follows the slow drift of what is normal here, in small steps and within bounds.
//
//   judged rows ─┬─ flagged ─────▶ nothing is learnt for a while; of that flow's two ends for hours, and what the memory
//                │                 holds of them is forgotten
//                ├─ in a blind spot ▶ not learnt from: adaptation never touches blind spots
//                └─ normal ──────▶ worst of each (source, minute) ─┬─▶ the worst pairs of a day
//                                                                  └─▶ of each hour ──▶ a source's three worst of a day
//                                                                       after 24 calm hours │
//          threshold ◀── one small step, looser or stricter ◀───────────────────────────────┘
//
// It aims at a quarter of the alerts that normal traffic may raise, since it learns only while nothing is flagged:
//   looser    when so few pairs, and alerts that there were, lie beyond the next threshold. Every pair counts.
//   stricter  when more are to be expected beyond the present one: rows beyond it are never learnt from, so an exponential that is cut
//             off there is fitted to what lies below. A source counts three times at most, and few sources not at all: nobody teaches
//             it by patience.
//   back      to where it was set, at once, when it is looser than that and more alerts come than may; then not looser for a week.
// What always holds: the threshold is never looser than the floor (or than it was set), never further than furthest() from what
// calibration, or the bundle, set, and moves by one step() at most in 24 calm hours of packet time, restarts included.
//
// Deterministic: the same rows in any order within their slices give the same steps. Reads no clock. One thread. Memory is bounded by
// the constants below, whatever the traffic; cost per row: a look-up of its source among those of the minute.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/result.h"
#include "flow/flow_identity.h"
#include "scoring/bundle.h"
#include "scoring/verdict.h"

namespace weir::scoring {

struct AdaptationRules {
  double alerts_per_day = 48;               // that may come of normal traffic
  base::Duration calm{1'800'000'000};       // without a flagged row, before anything is learnt again
  base::Duration distrust{21'600'000'000};  // how long nothing is learnt of what was flagged, or its peer
};

// What it follows: the threshold that calibration or the bundle set, and the scale of the model's scores on normal traffic.
struct AdaptationBase {
  std::string model;  // "name@version"
  bool higher_is_worse = false;
  float threshold = 0;
  float floor = 0;
  float median = 0;                               // score of normal rows
  const std::vector<BlindSpot>* spots = nullptr;  // borrowed; null: none

  // An error for a bundle without a table of scores: nothing says how far a step may go.
  static base::Result<AdaptationBase> of(const Bundle& bundle);
};

struct AdaptationStep {
  float from = 0, to = 0;
  base::Timestamp at;      // packet time
  std::uint64_t rows = 0;  // of the day behind it
  bool back = false;       // to where it was set
};

struct AdaptationReport {
  float base = 0, threshold = 0;
  std::optional<base::Timestamp> changed;  // none: never
  std::uint64_t changes = 0;
  bool frozen = false;                     // something was flagged a while ago
  double calm_hours = 0;                   // of the 24 that the next step needs
  std::string last_outcome;                // of the last day, in words; empty: no day is over
};

class Adaptation {
 public:
  Adaptation(AdaptationBase base, AdaptationRules rules);

  // Before the rows of the slice that ends then are judged. A step to take: it counts once accept() is called, and is dropped else.
  std::optional<AdaptationStep> advance(base::Timestamp slice_end);
  void accept(const AdaptationStep& step);

  // A row of that slice with its verdict. `hidden`: a person has said that this alert does not matter; it does not stop the learning
  // of others.
  void see(const flow::FlowIdentity& flow, const Verdict& verdict, bool hidden);

  float threshold() const { return score(threshold_); }
  // "name@version" that says which threshold judges: the base's own name until the first step.
  std::string version() const;
  AdaptationReport report() const;

  float step() const { return reach_ / 50; }
  float furthest() const { return reach_ / 10; }

  // True once after each hour learnt, each step, and (once a minute) after something was flagged.
  bool wants_saving() { return std::exchange(unsaved_, false); }
  std::string save() const;  // JSON
  // Goes on with what was saved; an error says why it begins anew, and nothing has changed.
  base::Result<> restore(std::string_view json);

  static constexpr int kHoursOfADay = 24;
  static constexpr std::size_t kHoursOfASource = 3;       // a source counts so many times a day at most
  static constexpr std::size_t kMostSources = 16'384;     // of a minute and of an hour; of a day a quarter is kept
  static constexpr std::size_t kMostDistrusted = 65'536;  // beyond them nothing is learnt at all
  static constexpr std::size_t kTail = 40, kFewestTail = 20, kFewestSources = 10, kFewestPressing = 2;
  static constexpr std::uint64_t kFewestRows = 1000;
  static constexpr std::size_t kMostPairs = 4096;         // of a day; at least half of them are kept

 private:
  struct OfAMinute {
    float worst = 0;
    std::uint64_t rows = 0;
  };
  using Lists = std::map<base::IpAddress, std::vector<float>>;

  // In this class "bad" is a score turned so that more is worse: a higher threshold is a stricter one.
  float bad(float score) const { return base_.higher_is_worse ? score : -score; }
  float score(float bad) const { return base_.higher_is_worse ? bad : -bad; }

  bool frozen(base::Timestamp at) const;
  void distrust(const base::IpAddress& host);
  bool distrusts(const base::IpAddress& host) const;
  void end_minute();
  void end_hour();
  std::optional<AdaptationStep> end_day(base::Timestamp at);
  std::optional<AdaptationStep> back(base::Timestamp at);
  float aimed(double days);
  std::optional<float> stricter() const;
  std::optional<float> looser(double days) const;
  void keep_pair(const base::IpAddress& host, float worst);
  void forget_day(base::Timestamp at);
  double days_until(base::Timestamp at) const;

  // Constant after construction.
  AdaptationBase base_;
  AdaptationRules rules_;
  float base_bad_, floor_bad_, reach_;

  float threshold_;  // bad
  std::optional<base::Timestamp> changed_;
  std::uint64_t changes_ = 0;
  std::string last_outcome_;

  std::optional<base::Timestamp> now_;                     // end of the newest slice
  std::optional<base::Timestamp> flagged_;                 // the last time
  std::map<base::IpAddress, base::Timestamp> distrusted_;  // since
  std::optional<base::Timestamp> day_begun_;
  base::Duration calm_{0};                                 // learnt of this hour
  int hours_ = 0;                                          // learnt of this day
  std::map<base::IpAddress, OfAMinute> minute_;
  std::map<base::IpAddress, float> hour_;                  // the worst
  Lists day_;                                              // the worst first, kHoursOfASource at most
  Lists pairs_;                                            // of the day, from cut_ on
  std::size_t pair_count_ = 0;
  float cut_ = std::numeric_limits<float>::lowest();
  std::optional<base::Timestamp> went_back_;
  std::set<base::IpAddress> alerting_;   // sources of this minute
  std::uint64_t alerts_ = 0, rows_ = 0;  // of the day
  bool distrust_grew_ = false, unsaved_ = false;
};

// "threshold -1.69 -> -1.74 (stricter), ...".
std::string to_sentence(const AdaptationStep& step, const AdaptationBase& base);
// How it stands, for the status: where the threshold is, why it stands still, how far the day is.
std::string to_sentence(const AdaptationReport& report);

}  // namespace weir::scoring
