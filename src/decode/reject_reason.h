// SPDX-License-Identifier: Apache-2.0
// RejectReason: why a packet did not become a PacketView. Strange traffic is data: each refusal has its own name and its own
// count, and nothing is logged per packet. The names are part of what weir prints and serves: add, never rename.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::decode {

enum class RejectReason : std::uint8_t {
  none,  // accepted

  // Healthy traffic that is not IP.
  arp,
  lldp,
  eapol,
  slow_protocol,
  ptp,
  llc,
  mpls,
  pppoe,
  macsec,
  nsh,
  not_ip,
  pppoe_discovery,
  ppp_control,
  ppp_other,
  loop_test,
  wifi_management,
  wifi_control,
  wifi_no_data,
  wifi_protected,
  wifi_fragment,
  wifi_aggregate,
  tunnel_fragment,

  // The captured bytes end inside a header.
  truncated_link,
  truncated_network,
  truncated_transport,

  // What a header says cannot be.
  unknown_link_type,
  unknown_address_family,
  bad_ip_version,
  bad_ip_header_length,
  bad_ip_total_length,
  bad_extension_header,
  fragment_beyond_end,
  tiny_fragment,
  bad_tcp_header_length,
  bad_udp_length,
  bad_sctp_length,
  bad_icmp_length,
  too_many_layers,
  tunnels_too_deep,
  bad_pppoe_header,
  bad_radiotap_header,
  wifi_bad_checksum,
};

inline constexpr std::size_t kRejectReasons = static_cast<std::size_t>(RejectReason::wifi_bad_checksum) + 1;

// "truncated_network": for counters, metrics and JSON.
std::string_view name(RejectReason reason);

// "the capture ends inside the IP header (raise its snap length)": for people.
std::string_view text(RejectReason reason);

}  // namespace weir::decode
