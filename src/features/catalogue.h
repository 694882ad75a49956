// SPDX-License-Identifier: Apache-2.0
// The catalogue for readers: `weir features` prints it, docs/features.md is the Markdown form (a test holds it up to date).
#pragma once

#include <string>
#include <string_view>

#include "features/feature_spec.h"

namespace weir::features {

std::string_view to_string(Family family);  // "flow", "early", "host"

// Where CICFlowMeter, the tool of many public data sets, gives another number for this feature, and why; may be empty.
std::string_view cic_difference(std::string_view feature_name);

std::string catalogue_table();     // aligned columns for a terminal
std::string catalogue_json();      // {"catalogue_hash": "...", "semantics_version": n, "features": [{...}]}
std::string catalogue_markdown();  // docs/features.md

}  // namespace weir::features
