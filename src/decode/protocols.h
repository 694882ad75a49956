// SPDX-License-Identifier: Apache-2.0
// One function per header, each in its own file. Each reads its header from the layer, notes its facts in the view and says
// what comes next; none knows which decoder that will be.
#pragma once

#include "decode/layer.h"

namespace weir::decode {

// Link types.
Next decode_ethernet(Layer& layer);
Next decode_sll(Layer& layer);
Next decode_sll2(Layer& layer);
Next decode_null(Layer& layer);
Next decode_raw(Layer& layer);
Next decode_raw_ipv4(Layer& layer);
Next decode_raw_ipv6(Layer& layer);
Next decode_ppp(Layer& layer);
Next decode_cisco_hdlc(Layer& layer);
Next decode_ieee80211(Layer& layer);
Next decode_radiotap(Layer& layer);
Next decode_wifi_subframe(Layer& layer);  // one packet of an A-MSDU

// EtherTypes.
Next decode_vlan(Layer& layer);
Next decode_cisco_metadata(Layer& layer);
Next decode_llc(Layer& layer);
Next decode_ipv4(Layer& layer);
Next decode_ipv6(Layer& layer);
Next decode_mpls(Layer& layer);
Next decode_pppoe_session(Layer& layer);
Next decode_nsh(Layer& layer);

// IP protocols.
Next decode_ipv6_options(Layer& layer);  // hop-by-hop, routing, destination options
Next decode_ipv6_fragment(Layer& layer);
Next decode_authentication_header(Layer& layer);
Next decode_tcp(Layer& layer);
Next decode_udp(Layer& layer);
Next decode_sctp(Layer& layer);
Next decode_icmp(Layer& layer);
Next decode_icmpv6(Layer& layer);
Next decode_ipv4_in_ip(Layer& layer);
Next decode_ipv6_in_ip(Layer& layer);
Next decode_gre(Layer& layer);
Next decode_etherip(Layer& layer);
Next decode_l2tp_over_ip(Layer& layer);
Next decode_other_protocol(Layer& layer);  // any number without a row: a flow without ports

// UDP ports. What they say is believed only when the bytes agree.
Next decode_vxlan(Layer& layer);
Next decode_vxlan_gpe(Layer& layer);
Next decode_geneve(Layer& layer);
Next decode_gtp_u(Layer& layer);
Next decode_teredo(Layer& layer);
Next decode_l2tp(Layer& layer);

// A PPP header as far as it is there; `protocol` 0 when it is none.
struct PppHeader {
  std::uint16_t protocol = 0;
  std::uint32_t bytes = 0;
};
PppHeader read_ppp(base::ByteReader& reader);

}  // namespace weir::decode
