// SPDX-License-Identifier: Apache-2.0
// Follower: what a running sensor's threshold does after it was set (scoring/adaptation.h has the rules): it owns that memory, its
// file, and the detector's threshold. Of the scoring thread.
//
//   STATE/adaptation      "weir-adaptation", CRC-32C of the rest, JSON. Replaced as a whole: after each hour learnt, each step, within
//                         a minute of a flagged flow, and at a stop. A file that is damaged, or of another model or calibration, is
//                         told and not used. Not synced: what a loss of power takes is a day's learning, and the threshold goes back
//                         to the calibrated one.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "scoring/adaptation.h"
#include "scoring/detector.h"

namespace weir::pipeline {

struct FollowConfig {
  bool on = false;
  std::filesystem::path file;        // empty: it ends with the run
  scoring::AdaptationRules rules{};  // alerts_per_day: of a bundle that was not calibrated for a number of its own
  // Before verdicts are called by a new version: whoever stores them must know it. `step`: null when it goes on with what an earlier
  // run had come to. After an error the threshold stays, or is the calibrated one.
  std::function<base::Result<>(const scoring::Detector& detector, const std::string& version, float threshold,
                               const scoring::AdaptationStep* step)>
      announce;
  std::function<void(const std::string& sentence)> say;
};

class Follower {
 public:
  // Nothing when the bundle cannot be followed; it is said why.
  static std::optional<Follower> make(const FollowConfig& config, scoring::Detector& detector);

  // Before the rows of a slice are judged. True when the detector's threshold has changed.
  bool advance(base::Timestamp slice_end);
  void see(const flow::FlowIdentity& flow, const scoring::Verdict& verdict, bool hidden) {
    adaptation_.see(flow, verdict, hidden);
  }
  // After a slice. At the end of the run: `all`.
  void save(bool all = false);

  std::string version() const { return adaptation_.version(); }
  scoring::AdaptationReport report() const { return adaptation_.report(); }

 private:
  Follower(const FollowConfig& config, scoring::Detector& detector, scoring::AdaptationBase base,
           const scoring::AdaptationRules& rules)
      : config_(config), detector_(detector), base_(std::move(base)), rules_(rules), adaptation_(base_, rules_) {}

  void take_up();
  base::Result<> announce(const std::string& version, float threshold, const scoring::AdaptationStep* step) const;
  void say(const std::string& sentence) const;

  std::reference_wrapper<const FollowConfig> config_;
  std::reference_wrapper<scoring::Detector> detector_;
  scoring::AdaptationBase base_;
  scoring::AdaptationRules rules_;
  scoring::Adaptation adaptation_;
  bool failed_to_save_ = false;  // it is said once
};

}  // namespace weir::pipeline
