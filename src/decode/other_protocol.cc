// SPDX-License-Identifier: Apache-2.0
#include "decode/protocols.h"

namespace weir::decode {

// IGMP, GRE, ESP, OSPF ...: a flow between two hosts, without ports; all above IP is payload.
Next decode_other_protocol(Layer& layer) {
  layer.view.payload_bytes = layer.length;
  return Next::done();
}

}  // namespace weir::decode
