// SPDX-License-Identifier: Apache-2.0
// Records as bytes of the spool, several together. Pure functions.
//
//   for each: u32 length of the key, u32 length of the text (little-endian), key, text
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "sinks/sender.h"

namespace weir::sinks {

std::vector<std::byte> to_bytes(std::span<const Record> records);

// An error: these are no such bytes.
base::Result<std::vector<Record>> records_of(std::span<const std::byte> bytes);

}  // namespace weir::sinks
