// SPDX-License-Identifier: Apache-2.0
// Link types without a link header.
#include "decode/protocols.h"

namespace weir::decode {

Next decode_raw(Layer& layer) {
  if (layer.reader.remaining() == 0) return Next::reject(RejectReason::truncated_network);
  switch (std::to_integer<int>(layer.reader.rest().front()) >> 4) {
    case 4: return Next::ether_type(0x0800);
    case 6: return Next::ether_type(0x86DD);
    default: return Next::reject(RejectReason::bad_ip_version);
  }
}

Next decode_raw_ipv4(Layer&) { return Next::ether_type(0x0800); }
Next decode_raw_ipv6(Layer&) { return Next::ether_type(0x86DD); }

}  // namespace weir::decode
