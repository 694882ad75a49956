// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"

namespace weir::decode {

// DSAP | SSAP | control | organisation 3 | EtherType. Only SNAP with organisation 0 (RFC 1042) leads on.
Next decode_llc(Layer& layer) {
  constexpr std::uint32_t kSnapUnnumbered = 0xAAAA0300;
  const std::uint32_t start = layer.reader.u32();
  if (!layer.reader.ok()) return Next::reject(RejectReason::truncated_link);
  if (start != kSnapUnnumbered) return Next::reject(RejectReason::llc);
  const std::uint16_t organisation = layer.reader.u16();
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(8)) return Next::reject(RejectReason::truncated_link);
  // An EtherType below 0x0600 would be a length again: no RFC 1042 frame.
  if (organisation != 0 || type < 0x0600) return Next::reject(RejectReason::llc);
  return Next::ether_type(type);
}

}  // namespace weir::decode
