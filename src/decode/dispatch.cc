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
    case LinkType::ieee802_11:
    case LinkType::radiotap:   break;
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
    case 0x0806:
    case 0x8035: return refuse<RejectReason::arp>;
    case 0x88CC: return refuse<RejectReason::lldp>;
    case 0x888E: return refuse<RejectReason::eapol>;
    case 0x8809: return refuse<RejectReason::slow_protocol>;
    case 0x88F7: return refuse<RejectReason::ptp>;
    case 0x8847:
    case 0x8848: return refuse<RejectReason::mpls>;
    case 0x8863:
    case 0x8864: return refuse<RejectReason::pppoe>;
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
  // clang-format on
  return table;
}
constexpr std::array<LayerDecoder, 256> kByIpProtocol = by_ip_protocol();

}  // namespace

LayerDecoder decoder_of(Next next) {
  switch (next.space) {
    case Next::Space::link_type: return by_link_type(static_cast<LinkType>(next.number));
    case Next::Space::ether_type: return by_ether_type(next.number);
    case Next::Space::ip_protocol: return kByIpProtocol[next.number & 0xFF];
    case Next::Space::end: break;
  }
  return refuse<RejectReason::not_ip>;
}

bool decodes(LinkType type) { return by_link_type(type) != refuse<RejectReason::unknown_link_type>; }

}  // namespace weir::decode
