// SPDX-License-Identifier: Apache-2.0
// What must hold for every capture format: it reads only what it was shown, ends, and gives the same packets whether it sees
// all bytes at once or a few more each time.
#pragma once

#include <cstdint>
#include <span>

namespace weir::fuzz {

void check_format(std::span<const std::byte> file);

}  // namespace weir::fuzz
