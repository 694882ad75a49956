// SPDX-License-Identifier: Apache-2.0
// From what was measured to the numbers of the catalogue.
#pragma once

#include <span>

#include "features/flow_measure.h"

namespace weir::features {

// Fills a row that is all NaN; what is undefined stays so. `row` has kFeatureCount values, in catalogue order.
void write_features(const flow::FlowHead& head, const FlowMeasure& measure, const TailPool& tails,
                    std::span<float> row);

}  // namespace weir::features
