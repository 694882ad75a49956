// SPDX-License-Identifier: Apache-2.0
// What `weir model inspect` prints: what a bundle is, was trained on, wants and says.
#pragma once

#include <string>

#include "scoring/bundle.h"

namespace weir::scoring {

std::string describe(const Bundle& bundle);       // for people, ends with a newline
std::string describe_json(const Bundle& bundle);  // for programs: one JSON object, no newline at its end

}  // namespace weir::scoring
