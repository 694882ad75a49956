// SPDX-License-Identifier: Apache-2.0
// A reason in an analyst's words: "The source asked 812 different ports in 10 s; normal here is up to 6."
#pragma once

#include <string>
#include <string_view>

#include "scoring/baseline.h"
#include "scoring/verdict.h"

namespace weir::scoring {

// One sentence about a feature's value beside its normal range; for a feature that the catalogue does not know too.
std::string sentence(std::string_view feature, float value, const FeatureBaseline& normal);

// Of a reason. It follows from the reason's numbers, so nobody needs to store it.
std::string sentence(const Reason& reason);

// A number with its unit as people write it: "3.2 s", "1.5 MB", "42 %", "812 ports". The unit is a FeatureSpec's.
std::string in_words(double value, std::string_view unit);

}  // namespace weir::scoring
