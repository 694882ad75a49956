// SPDX-License-Identifier: Apache-2.0
// The end of a run in words: what was seen, what was found, and the loss account, which must add up.
#pragma once

#include <string>

#include "api/status_source.h"

namespace weir::app {

std::string summary(const api::StatusSnapshot& status);

// "4,987,586"
std::string grouped(std::uint64_t number);

}  // namespace weir::app
