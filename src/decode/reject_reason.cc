// SPDX-License-Identifier: Apache-2.0
#include "decode/reject_reason.h"

#include <array>

#include "base/check.h"

namespace weir::decode {

namespace {

struct Words {
  RejectReason reason;
  std::string_view name;
  std::string_view text;
};

// clang-format off
constexpr std::array<Words, kRejectReasons> kWords = {{
    {RejectReason::none,                   "none",                   "accepted"},
    {RejectReason::arp,                    "arp",                    "ARP or RARP"},
    {RejectReason::lldp,                   "lldp",                   "Link Layer Discovery Protocol"},
    {RejectReason::eapol,                  "eapol",                  "port authentication (802.1X)"},
    {RejectReason::slow_protocol,          "slow_protocol",          "Ethernet slow protocols (LACP, OAM)"},
    {RejectReason::ptp,                    "ptp",                    "Precision Time Protocol over Ethernet"},
    {RejectReason::llc,                    "llc",                    "802.2 LLC (spanning tree, CDP, IS-IS and the like)"},
    {RejectReason::mpls,                   "mpls",                   "MPLS that carries neither IP nor Ethernet, or is switched off"},
    {RejectReason::pppoe,                  "pppoe",                  "PPPoE, switched off"},
    {RejectReason::macsec,                 "macsec",                 "MACsec: encrypted"},
    {RejectReason::nsh,                    "nsh",                    "a service chain's header (NSH) whose packet cannot be read, or that is switched off"},
    {RejectReason::not_ip,                 "not_ip",                 "another protocol than IP"},
    {RejectReason::pppoe_discovery,        "pppoe_discovery",        "PPPoE finding its other end"},
    {RejectReason::ppp_control,            "ppp_control",            "PPP setting up its link (LCP, IPCP, authentication)"},
    {RejectReason::ppp_other,              "ppp_other",              "PPP with another protocol than IP (compressed, encrypted, bridged)"},
    {RejectReason::loop_test,              "loop_test",              "Ethernet loop test (keep-alive of switches)"},
    {RejectReason::wifi_management,        "wifi_management",        "a wireless management frame (beacon, association)"},
    {RejectReason::wifi_control,           "wifi_control",           "a wireless control frame (acknowledgement, clear to send)"},
    {RejectReason::wifi_no_data,           "wifi_no_data",           "a wireless data frame without data (power saving)"},
    {RejectReason::wifi_protected,         "wifi_protected",         "an encrypted wireless frame (WEP, WPA)"},
    {RejectReason::wifi_fragment,          "wifi_fragment",          "a later piece of a fragmented wireless frame"},
    {RejectReason::wifi_aggregate,         "wifi_aggregate",         "what is left of a wireless frame that holds more packets (A-MSDU) than weir takes out of one"},
    {RejectReason::tunnel_fragment,        "tunnel_fragment",        "the rest of a packet in a tunnel that was counted with its first fragment"},
    {RejectReason::truncated_link,         "truncated_link",         "the captured bytes end inside the link header"},
    {RejectReason::truncated_network,      "truncated_network",      "the captured bytes end inside the IP headers (snap length?)"},
    {RejectReason::truncated_transport,    "truncated_transport",    "the captured bytes end inside the transport header (snap length?)"},
    {RejectReason::unknown_link_type,      "unknown_link_type",      "an interface whose link type is not decoded"},
    {RejectReason::unknown_address_family, "unknown_address_family", "a loopback frame of an unknown address family"},
    {RejectReason::bad_ip_version,         "bad_ip_version",         "the version in the IP header is not the announced one"},
    {RejectReason::bad_ip_header_length,   "bad_ip_header_length",   "an IPv4 header of less than 20 bytes"},
    {RejectReason::bad_ip_total_length,    "bad_ip_total_length",    "an IPv4 packet shorter than its own header"},
    {RejectReason::bad_extension_header,   "bad_extension_header",   "an IPv6 extension header longer than its packet"},
    {RejectReason::fragment_beyond_end,    "fragment_beyond_end",    "a fragment that reaches beyond 65,535 bytes"},
    {RejectReason::tiny_fragment,          "tiny_fragment",          "a first fragment too short for its transport header"},
    {RejectReason::bad_tcp_header_length,  "bad_tcp_header_length",  "a TCP header shorter than 20 bytes or longer than its packet"},
    {RejectReason::bad_udp_length,         "bad_udp_length",         "a UDP length, or room for one, of less than 8 bytes"},
    {RejectReason::bad_sctp_length,        "bad_sctp_length",        "an SCTP packet of less than 12 bytes"},
    {RejectReason::bad_icmp_length,        "bad_icmp_length",        "an ICMP message of less than 8 bytes"},
    {RejectReason::too_many_layers,        "too_many_layers",        "more headers inside each other than weir follows"},
    {RejectReason::tunnels_too_deep,       "tunnels_too_deep",       "more tunnels inside each other than weir follows"},
    {RejectReason::bad_pppoe_header,       "bad_pppoe_header",       "a PPPoE header of an unknown version, or with a length that cannot be"},
    {RejectReason::bad_radiotap_header,    "bad_radiotap_header",    "a radiotap header of an unknown version, or with a length that cannot be"},
    {RejectReason::wifi_bad_checksum,      "wifi_bad_checksum",      "a wireless frame that was received with errors"},
}};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (static_cast<std::size_t>(kWords[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order(), "the words stand in the order of the enum");

const Words& words(RejectReason reason) {
  const auto index = static_cast<std::size_t>(reason);
  WEIR_CHECK(index < kWords.size());
  return kWords[index];
}

}  // namespace

std::string_view name(RejectReason reason) { return words(reason).name; }
std::string_view text(RejectReason reason) { return words(reason).text; }

}  // namespace weir::decode
