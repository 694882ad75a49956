// SPDX-License-Identifier: Apache-2.0
// SensorContract: what this sensor computes and how, to be held against what a bundle was trained on.
// A bundle that was trained on anything else is refused: its scores would mean nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::scoring {

// How packets become flows and flows become rows. Part of the contract: another timeout gives other numbers.
struct FlowSemantics {
  double idle_timeout_s = 120;
  double active_timeout_s = 120;
  double tick_s = 10;
  double first_row_s = 0;           // a flow's first row comes in slices of this length; 0 = with the tick
  std::uint64_t early_packets = 0;  // a row at the Nth packet; 0 = none
  std::string subflow_mode = "corrected";
};

struct SensorContract {
  FlowSemantics flow = {};
  std::string catalogue_hash = {};
  std::vector<std::string> features = {};  // in the order of a FeatureBatch
};

// The bundle's side of it.
struct BundleContract {
  FlowSemantics flow = {};
  std::string catalogue_hash = {};
  std::vector<std::string> features = {};   // the model's inputs, in its order
  std::vector<std::string> catalogue = {};  // every feature that the training sensor knew, in its order
};

// One sentence that names the first difference, or nothing to say.
base::Result<> check_contract(const BundleContract& bundle, const SensorContract& sensor);

}  // namespace weir::scoring
