// SPDX-License-Identifier: Apache-2.0
// `weir model calibrate`: what a network's own normal traffic scores, from a capture or from a store, and the bundle that
// follows from it. The arithmetic is in scoring/calibration.h.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/packet_source.h"
#include "scoring/calibrated_bundle.h"

namespace weir::app {

struct CalibrateArguments {
  std::string model;                    // folder of the bundle; empty: the default one
  std::string read;                     // capture of normal traffic; or
  std::string from_db;                  // the store of a sensor that ran with --log all; or
  std::string from_scores;              // table of scores: only the thresholds that follow, as JSON
  std::optional<float> floor, shipped;  // of that table's scores; none: the bundle's
  std::string output;                   // folder of the calibrated bundle
  double alerts_per_day = 48;
  std::uint64_t max_spots = 16;
  bool trust_all = false;
  bool json = false;
};

// Rows with their scores, and as the model saw them.
struct ScoredTraffic {
  explicit ScoredTraffic(std::size_t width) : rows(width) {}

  std::vector<scoring::CalibrationSample> samples;
  scoring::NormalRows rows;
  std::string origin;
  std::uint64_t unscored = 0;
};

using ReadingProgress = std::function<void(const capture::SourceStats&)>;

// Every row that `weir run` would score.
base::Result<ScoredTraffic> score_capture(const std::string& path, const std::string& model_dir,
                                          const ReadingProgress& progress);

// The worst row of each flow in the store that this bundle scored, calibrated or not.
base::Result<ScoredTraffic> scored_in_store(const std::string& url, const scoring::Bundle& bundle);

// From a table with the columns source,protocol,port,at_us,score and a line that says so.
base::Result<std::vector<scoring::CalibrationSample>> read_scores(std::istream& table);

int calibrate_model(const CalibrateArguments& arguments);

}  // namespace weir::app
