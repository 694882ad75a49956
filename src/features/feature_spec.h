// SPDX-License-Identifier: Apache-2.0
// FeatureSpec: one row of the catalogue (schema.h).
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::features {

// What a feature is taken from.
enum class Family : std::uint8_t {
  flow,   // the packets of one flow, all of them
  early,  // its first kEarlyPackets packets, one by one
  host,   // what its source, its destination, the two together, and the service asked did of late: other flows too
};

// Whether a model should see a feature. A hint for training: it is no part of the contract.
enum class ModelUse : std::uint8_t {
  input,
  duplicate,    // the same number as another feature, kept for those who compare with CICFlowMeter
  contaminant,  // tells operating systems and tools apart rather than behaviour: models learn shortcuts from it
};

struct FeatureSpec {
  std::string_view name;       // with its unit at the end, but for family host: its window stands there
  Family family;
  std::string_view unit;
  std::string_view cic_alias;  // the column of CICFlowMeter v4 (or of its corrected fork) that means the same; or empty
  ModelUse use;
  std::string_view meaning;
  std::string_view formula;    // part of the contract's hash; docs/features.md explains the words

  constexpr bool is_model_input() const { return use == ModelUse::input; }
};

}  // namespace weir::features
