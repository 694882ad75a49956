// SPDX-License-Identifier: Apache-2.0
// What `weir db status` and `weir doctor` say of a database.
#pragma once

#include <string>

#include "store/store_upkeep.h"

namespace weir::app {

// "1,234 detections since 2026-01-31 12:00 UTC in 5.6 MiB"
std::string in_words(const store::StoreExtent& extent);

}  // namespace weir::app
