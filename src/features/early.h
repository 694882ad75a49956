// SPDX-License-Identifier: Apache-2.0
// The first packets of a flow, one by one: payload, direction, gap. The first kEarlyHead lie with the flow, the others in its
// long part: most flows never get that far.
#pragma once

#include <cstdint>

#include "features/schema.h"
#include "flow/flow_head.h"

namespace weir::features {

inline constexpr std::size_t kEarlyHead = 8;
inline constexpr std::size_t kEarlyTail = kEarlyPackets - kEarlyHead;

struct EarlyHead {
  std::uint32_t gaps_us[kEarlyHead - 1] = {};  // before packets 2, 3, ...
  std::uint16_t payloads[kEarlyHead] = {};
};

struct EarlyTail {
  std::uint32_t gaps_us[kEarlyTail] = {};
  std::uint16_t payloads[kEarlyTail] = {};
};

}  // namespace weir::features
