// SPDX-License-Identifier: Apache-2.0
// What `weir model verify` does: everything that loading a bundle for work does, one step at a time, so that the report
// says how far it got.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scoring/model.h"
#include "scoring/sensor_contract.h"

namespace weir::scoring {

struct VerifyStep {
  std::string name;
  bool ok = false;
  std::string detail;  // what was found, or the sentence that says what is wrong
};

struct VerifyReport {
  std::vector<VerifyStep> steps;  // ends with the first step that failed

  bool ok() const { return !steps.empty() && steps.back().ok; }
};

VerifyReport verify(const std::filesystem::path& dir, const SensorContract& sensor, const ModelLoader& loader);

std::string to_text(const VerifyReport& report);  // a line for each step
std::string to_json(const VerifyReport& report);  // {"ok": ..., "steps": [{"name", "ok", "detail"}]}

}  // namespace weir::scoring
