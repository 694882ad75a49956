// SPDX-License-Identifier: Apache-2.0
#include "decode/dispatch.h"

#include <array>

#include "decode/protocols.h"

namespace weir::decode {

namespace {

using capture::LinkType;

// A whole protocol that is refused by name needs no file of its own.
template <RejectReason reason>
Next refuse(Layer&) {
  return Next::reject(reason);
}

LayerDecoder by_link_type(LinkType type) {
  switch (type) {
      // clang-format off
    case LinkType::ethernet:   return decode_ethernet;
    case LinkType::linux_sll:  return decode_sll;
    case LinkType::linux_sll2: return decode_sll2;
    case LinkType::null:       return decode_null;
    case LinkType::loop:       return decode_null;
    case LinkType::raw:        return decode_raw;
    case LinkType::ipv4:       return decode_raw_ipv4;
    case LinkType::ipv6:       return decode_raw_ipv6;
    case LinkType::ppp:
    case LinkType::ppp_hdlc:   return decode_ppp;
    case LinkType::ppp_ether:  return decode_pppoe_session;
    case LinkType::cisco_hdlc: return decode_cisco_hdlc;
    case LinkType::ieee802_11: return decode_ieee80211;
    case LinkType::radiotap:   return decode_radiotap;
      // clang-format on
  }
  return refuse<RejectReason::unknown_link_type>;
}

LayerDecoder by_ether_type(std::uint16_t type) {
  // Below 0x0600 the field is an 802.3 length, and LLC follows (IEEE 802.3 clause 3.2.6).
  if (type < 0x0600) return decode_llc;
  switch (type) {
      // clang-format off
    case 0x0800: return decode_ipv4;
    case 0x86DD: return decode_ipv6;
    case 0x8100:                              // 802.1Q
    case 0x88A8:                              // 802.1ad, the outer tag of QinQ
    case 0x9100: return decode_vlan;          // QinQ before it was standardised
    case 0x8909: return decode_cisco_metadata;
    case 0x0806:
    case 0x8035: return refuse<RejectReason::arp>;
    case 0x88CC: return refuse<RejectReason::lldp>;
    case 0x888E: return refuse<RejectReason::eapol>;
    case 0x8809: return refuse<RejectReason::slow_protocol>;
    case 0x88F7: return refuse<RejectReason::ptp>;
    case 0x8847:
    case 0x8848: return decode_mpls;
    case 0x8863: return refuse<RejectReason::pppoe_discovery>;
    case 0x8864: return decode_pppoe_session;
    case 0x894F: return decode_nsh;
    case 0x9000: return refuse<RejectReason::loop_test>;
    case 0x88E5: return refuse<RejectReason::macsec>;
    default:     return refuse<RejectReason::not_ip>;
      // clang-format on
  }
}

constexpr std::array<LayerDecoder, 256> by_ip_protocol() {
  std::array<LayerDecoder, 256> table{};
  table.fill(decode_other_protocol);
  // clang-format off
  table[0]   = decode_ipv6_options;           // hop-by-hop
  table[43]  = decode_ipv6_options;           // routing
  table[60]  = decode_ipv6_options;           // destination
  table[44]  = decode_ipv6_fragment;
  table[51]  = decode_authentication_header;
  table[protocol::kIcmp]   = decode_icmp;
  table[protocol::kIcmpV6] = decode_icmpv6;
  table[protocol::kTcp]    = decode_tcp;
  table[protocol::kUdp]    = decode_udp;
  table[protocol::kSctp]   = decode_sctp;
  table[4]   = decode_ipv4_in_ip;
  table[41]  = decode_ipv6_in_ip;
  table[47]  = decode_gre;
  table[97]  = decode_etherip;
  table[115] = decode_l2tp_over_ip;
  // clang-format on
  return table;
}
constexpr std::array<LayerDecoder, 256> kByIpProtocol = by_ip_protocol();

LayerDecoder by_ppp_protocol(std::uint16_t number) {
  switch (number) {
      // clang-format off
    case 0x0021: return decode_ipv4;
    case 0x0057: return decode_ipv6;
    case 0x0281:
    case 0x0283: return decode_mpls;
    default:     break;
      // clang-format on
  }
  // RFC 1661 section 2: from 0x8000 on, what sets up and tears down links and their protocols.
  return number >= 0x8000 ? refuse<RejectReason::ppp_control> : refuse<RejectReason::ppp_other>;
}

LayerDecoder by_udp_port(std::uint16_t port) {
  switch (port) {
      // clang-format off
    case 1701: return decode_l2tp;
    case 2152: return decode_gtp_u;
    case 3544: return decode_teredo;
    case 4790: return decode_vxlan_gpe;
    case 6081: return decode_geneve;
    default:   return decode_vxlan;
      // clang-format on
  }
}

}  // namespace

// The usual way is asked for first: a third of the time that the walk spends between its headers.
LayerDecoder decoder_of(Next next) {
  if (next.space == Next::Space::ip_protocol) [[likely]]
    return kByIpProtocol[next.number & 0xFF];
  if (next.space == Next::Space::ether_type && next.number == 0x0800) [[likely]]
    return decode_ipv4;
  switch (next.space) {
    case Next::Space::link_type: return by_link_type(static_cast<LinkType>(next.number));
    case Next::Space::ether_type: return by_ether_type(next.number);
    case Next::Space::ip_protocol: return kByIpProtocol[next.number & 0xFF];
    case Next::Space::ppp_protocol: return by_ppp_protocol(next.number);
    case Next::Space::udp_port: return by_udp_port(next.number);
    case Next::Space::wifi_subframe: return decode_wifi_subframe;
    case Next::Space::end: break;
  }
  return refuse<RejectReason::not_ip>;
}

bool knows_ether_type(std::uint16_t type) { return by_ether_type(type) != refuse<RejectReason::not_ip>; }

bool decodes(LinkType type) { return by_link_type(type) != refuse<RejectReason::unknown_link_type>; }

}  // namespace weir::decode
