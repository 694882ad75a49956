// SPDX-License-Identifier: Apache-2.0
// Linux cooked captures (the `any` device), versions 1 and 2.
#include "decode/protocols.h"

namespace weir::decode {

// packet type 2 | device type 2 | address length 2 | address 8 | protocol 2
Next decode_sll(Layer& layer) {
  layer.reader.skip(14);
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(16)) return Next::reject(RejectReason::truncated_link);
  return Next::ether_type(type);
}

// protocol 2 | reserved 2 | interface 4 | device type 2 | packet type 1 | address length 1 | address 8
Next decode_sll2(Layer& layer) {
  const std::uint16_t type = layer.reader.u16();
  layer.reader.skip(18);
  if (!layer.reader.ok() || !layer.consume_length(20)) return Next::reject(RejectReason::truncated_link);
  return Next::ether_type(type);
}

}  // namespace weir::decode
