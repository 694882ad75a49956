// SPDX-License-Identifier: Apache-2.0
// Bundle: a model as it lies on disk, read into memory and checked, but not yet held against a sensor or run.
//
//   manifest.json   name, version, contract, preprocessing, threshold, labels, SHA-256 of every other file
//   anomaly.onnx    [N, F] -> score
//   attack.onnx     [N, F] -> class probabilities (optional)
//   baseline.json   what each input looked like in benign training rows
//   selfcheck.json  rows with their expected outputs (optional)
//   MODEL_CARD.md   for people
//
// The bytes that were hashed are the bytes that get run: a file that changes on disk later is not noticed, nor needed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scoring/baseline.h"
#include "scoring/manifest.h"
#include "scoring/self_check.h"

namespace weir::scoring {

struct Bundle {
  std::filesystem::path dir = {};
  Manifest manifest = {};
  std::string manifest_text =
      {};  // as it lies on disk: it holds the hash of every other file, so it is what gets signed
  Baseline baseline = {};
  std::optional<SelfCheck> self_check = {};
  std::vector<std::byte> anomaly_graph = {};
  std::vector<std::byte> attack_graph = {};  // empty without an attack-type model

  // "name@version": what stored verdicts are signed with.
  std::string id() const { return manifest.name + "@" + manifest.version; }
  std::size_t label_count() const { return manifest.attack ? manifest.attack->labels.size() : 0; }
};

// Errors begin with the folder and name the file: "model models/x: anomaly.onnx: it does not exist".
base::Result<Bundle> read_bundle(const std::filesystem::path& dir);

}  // namespace weir::scoring
