// SPDX-License-Identifier: Apache-2.0
// What the transport decoders have in common.
#pragma once

#include "decode/layer.h"

namespace weir::decode {

// Why a transport header of at least `minimum` bytes cannot be read: the IP packet has no room for it (`bad`, or a fragment
// made to hide it), or the captured bytes end too early. none: it can be read.
inline RejectReason missing_header(const Layer& layer, std::uint32_t minimum, RejectReason bad) {
  if (layer.length < minimum) [[unlikely]] {
    return layer.fragment.first ? RejectReason::tiny_fragment : bad;
  }
  if (layer.reader.remaining() < minimum) [[unlikely]]
    return RejectReason::truncated_transport;
  return RejectReason::none;
}

}  // namespace weir::decode
