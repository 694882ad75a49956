// SPDX-License-Identifier: Apache-2.0
// Manifest: the text part of a model bundle, read and checked. docs/models.md describes the format field by field.
// Whatever parse_manifest() accepts holds together: lists are as long as the feature list, numbers are finite, scales
// are not zero, file names stay inside the bundle.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scoring/calibration.h"
#include "scoring/sensor_contract.h"

namespace weir::scoring {

inline constexpr std::uint64_t kBundleFormat = 1;

struct BundleFile {
  std::string name = {};    // inside the bundle's folder
  std::string sha256 = {};  // 64 lower-case hex digits
};

enum class PreprocessMode : std::uint8_t {
  standard,  // Inf -> NaN -> median, then (x - mean) / scale
  in_graph,  // Inf -> NaN -> median where one is given; everything else is the graph's business
};

struct Preprocessing {
  PreprocessMode mode = PreprocessMode::standard;
  std::vector<double> median = {};  // one per feature; empty only for in_graph: then the graph meets NaN itself
  std::vector<double> mean = {};    // standard only
  std::vector<double> scale = {};   // standard only
};

// `share` of the benign training rows scored `score` or worse.
struct ScoreQuantile {
  double share = 0;
  float score = 0;
};

struct AnomalyModel {
  BundleFile file = {};
  std::string output = {};                    // empty: the output whose shape is that of a score
  bool higher_is_worse = false;
  float threshold = 0;                        // the edge itself is anomalous
  std::optional<float> floor = {};            // calibration goes no looser than this; else than the shipped threshold
  std::uint64_t benign_rows = 0;
  std::vector<ScoreQuantile> quantiles = {};  // from the worst scores to the best
};

struct AttackLabel {
  std::string name = {};
  std::string severity = {};   // "low", "medium", "high" or "critical"; "none" exactly for a benign label
  std::string technique = {};  // ATT&CK id, may be empty
  bool benign = false;
};

struct AttackModel {
  BundleFile file = {};
  std::string output = {};
  bool cascade = true;         // ask about anomalous rows only
  float confidence_bound = 0;  // below it the type is "unknown"
  std::vector<AttackLabel> labels = {};
};

struct Manifest {
  std::string name = {};
  std::string version = {};
  std::string created = {};
  std::string trained_on = {};  // one sentence for people; the data sets themselves are in the manifest for machines
  BundleContract contract = {};
  Preprocessing preprocessing = {};
  AnomalyModel anomaly = {};
  std::optional<AttackModel> attack = {};
  BundleFile baseline = {};
  std::optional<BundleFile> self_check = {};
  std::optional<Calibration> calibration = {};  // what was learnt of a network

  std::size_t width() const { return contract.features.size(); }
};

base::Result<Manifest> parse_manifest(std::string_view json);

}  // namespace weir::scoring
