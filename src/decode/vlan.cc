// SPDX-License-Identifier: Apache-2.0
// Tags between the link and the network: they lead on to another EtherType.
#include "decode/protocols.h"

namespace weir::decode {

// priority 3 bits, drop eligible 1, VLAN id 12 | EtherType
Next decode_vlan(Layer& layer) {
  const std::uint16_t id = layer.reader.u16() & 0x0FFF;
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(4)) return Next::reject(RejectReason::truncated_link);
  // Id 0 carries a priority, not a VLAN (802.1Q 9.6): tagging one direction so must not split a flow in two.
  if (layer.view.vlan == kNoVlan && id != 0) layer.view.vlan = id;
  return Next::ether_type(type);
}

// Cisco's metadata (a security group tag): version 1 | words of options 1 | options | EtherType
Next decode_cisco_metadata(Layer& layer) {
  layer.reader.skip(1);
  const std::uint32_t options = layer.reader.u8() * 4u;
  layer.reader.skip(options);
  const std::uint16_t type = layer.reader.u16();
  if (!layer.reader.ok() || !layer.consume_length(4 + options)) return Next::reject(RejectReason::truncated_link);
  return Next::ether_type(type);
}

}  // namespace weir::decode
