// SPDX-License-Identifier: Apache-2.0
// The columns that hold JSON. Floats are written with as few digits as read back to the same float; NaN is null.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scoring/verdict.h"
#include "store/detection_store.h"

namespace weir::store::sql {

// {"reasons": [{"feature", "value", "median", "low", "high", "contribution"}]}; nothing when there are no reasons.
std::optional<std::string> explanation_json(const std::vector<scoring::Reason>& reasons);
base::Result<std::vector<scoring::Reason>> reasons_from_json(const std::optional<std::string>& text);

std::string names_json(const std::vector<std::string>& names);
base::Result<std::vector<std::string>> names_from_json(const std::string& text);

std::string numbers_json(const std::vector<float>& numbers);
base::Result<std::vector<float>> numbers_from_json(const std::string& text);

// The arrays of a model as they lie in its row, in this order: feature_names, medians, lows, highs.
base::Result<> take_arrays(const std::string (&columns)[4], ModelRecord& model);

}  // namespace weir::store::sql
