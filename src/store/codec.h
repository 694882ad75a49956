// SPDX-License-Identifier: Apache-2.0
// A WriteBatch as bytes, for the spool. Big-endian, with a version in front; a field is added by raising the version.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/detection_store.h"

namespace weir::store {

std::vector<std::byte> encode(const WriteBatch& batch);

// An error: cut short, values that no writer writes, another version. Any bytes are safe to give.
base::Result<WriteBatch> decode(std::span<const std::byte> bytes);

}  // namespace weir::store
