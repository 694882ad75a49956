// SPDX-License-Identifier: Apache-2.0
// BSD and OpenBSD loopback.
#include "decode/protocols.h"

namespace weir::decode {

// A protocol family in 4 bytes: in the byte order of the capturing machine (NULL) or of the network (LOOP). Families are
// small numbers, so the order tells itself. IPv6 has a different number on each system.
Next decode_null(Layer& layer) {
  std::uint32_t family = layer.reader.u32();
  if (!layer.reader.ok() || !layer.consume_length(4)) return Next::reject(RejectReason::truncated_link);
  if (family > 0xFFFF) family = __builtin_bswap32(family);
  switch (family) {
    case 2: return Next::ether_type(0x0800);
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // macOS
      return Next::ether_type(0x86DD);
    default: return Next::reject(RejectReason::unknown_address_family);
  }
}

}  // namespace weir::decode
