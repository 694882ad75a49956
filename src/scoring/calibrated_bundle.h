// SPDX-License-Identifier: Apache-2.0
// A calibrated bundle: the models of another one with what was learnt of a network: the threshold, p-values, thresholds of single
// hosts (section "calibration" of the manifest), and the normal range of each input (baseline.json).
//
// Older versions of weir read it as well: they see the common threshold. Its version is that of the bundle it came from, "+" and
// six digits that name the calibration, so that verdicts tell which one judged.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "scoring/bundle.h"
#include "scoring/calibration.h"

namespace weir::scoring {

// Rows of normal traffic, the model's inputs as measured, with their sources: as many as fit, evenly over the traffic.
class NormalRows {
 public:
  explicit NormalRows(std::size_t width, std::size_t capacity = 50'000) : width_(width), capacity_(capacity) {}

  void add(const base::IpAddress& source, std::span<const float> inputs);

  std::size_t size() const { return sources_.size(); }
  std::size_t width() const { return width_; }
  const base::IpAddress& source(std::size_t row) const { return sources_[row]; }
  float value(std::size_t row, std::size_t input) const { return values_[row * width_ + input]; }

 private:
  void thin_out();

  const std::size_t width_;
  const std::size_t capacity_;
  std::size_t stride_ = 1, seen_ = 0;  // each stride-th row is kept
  std::vector<base::IpAddress> sources_;
  std::vector<float> values_;
};

// The normal range of each input, without the sources that calibration did not learn from. With fewer than 500 rows, or for an
// input that was never defined, the shipped range stays.
Baseline learn_baseline(const NormalRows& rows, const Calibration& calibration, const Baseline& shipped);

// The scale on which this bundle is calibrated; a calibrated one is taken back to what it came from first.
ScoreScale score_scale(const Manifest& manifest);

// What was learnt as JSON: the manifest's section "calibration", and the threshold before it.
std::string to_json(const Calibration& calibration);

// Writes or replaces the bundle in `dir`, which may be the folder of `bundle` itself. The manifest comes last, at one stroke.
base::Result<> write_calibrated(const Bundle& bundle, const Calibration& calibration,
                                std::span<const CalibrationSample> samples, const Baseline& baseline,
                                const std::filesystem::path& dir);

}  // namespace weir::scoring
