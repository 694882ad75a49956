// SPDX-License-Identifier: Apache-2.0
// A compiled capture filter: a program of the classic Berkeley Packet Filter, as the kernel takes it. Compiled by one adapter
// (it needs libpcap), attached by another (which needs none).
#pragma once

#include <cstdint>
#include <vector>

namespace weir::capture {

struct BpfInstruction {
  std::uint16_t code = 0;
  std::uint8_t jump_true = 0;
  std::uint8_t jump_false = 0;
  std::uint32_t operand = 0;
};

// Empty: everything passes.
using BpfProgram = std::vector<BpfInstruction>;

}  // namespace weir::capture
