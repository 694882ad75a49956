// SPDX-License-Identifier: Apache-2.0
// What IPv4's fields and IPv6's fragment header have in common.
#pragma once

#include <cstdint>

#include "decode/layer.h"

namespace weir::decode {

struct FragmentFields {
  std::uint32_t id = 0;
  std::uint32_t offset = 0;   // bytes
  bool more = false;
  std::uint8_t protocol = 0;  // of the first header in the fragmented part
};

FragmentKey fragment_key(const PacketView& view, std::uint32_t id, std::uint8_t protocol);

// Goes on to the transport header (a whole packet, or a first fragment), or ends here with the ports that the first
// fragment had.
Next decode_fragment(Layer& layer, const FragmentFields& fields);

}  // namespace weir::decode
