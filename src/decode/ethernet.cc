// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"

namespace weir::decode {

// destination 6 | source 6 | EtherType, or the length of an 802.3 frame
Next decode_ethernet(Layer& layer) {
  layer.reader.skip(12);
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(14)) return Next::reject(RejectReason::truncated_link);
  return Next::ether_type(type);
}

}  // namespace weir::decode
