// SPDX-License-Identifier: Apache-2.0
// FlowIdentity: who talked with whom, from when to when, and how it ended. "Source" is the forward side: the sender of
// the first packet, or its receiver when that packet was a SYN+ACK; a continuation keeps the direction.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ip_address.h"
#include "decode/packet_view.h"

namespace weir::flow {

// Values 1-5 are IPFIX flowEndReason (IE 136).
enum class EndReason : std::uint8_t {
  none = 0,         // still open: an interim row
  idle_timeout = 1,
  active_timeout = 2,
  end_of_flow = 3,  // TCP closed: FIN both ways and acknowledged, or RST
  forced = 4,       // the sensor stopped or the capture ended
  evicted = 5,      // lack of resources: the table was full
};
std::string_view to_string(EndReason reason);
std::optional<EndReason> parse_end_reason(std::string_view text);

// 128 bits that name one flow record: a digest of sensor name, key and start time, so that a replay gives the same.
struct FlowUid {
  std::array<std::byte, 16> bytes{};

  std::string to_string() const;                              // 32 lower-case hex digits
  static std::optional<FlowUid> parse(std::string_view hex);  // nothing unless exactly that
  friend constexpr auto operator<=>(const FlowUid&, const FlowUid&) = default;
};

struct FlowIdentity {
  FlowUid uid;
  base::IpAddress src_ip;
  base::IpAddress dst_ip;
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t ip_version = 4;
  std::uint8_t protocol = 0;
  std::uint16_t vlan = decode::kNoVlan;
  std::uint32_t tunnel_id = 0;
  base::Timestamp started;
  base::Timestamp last;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;                         // IP bytes, both directions
  std::uint64_t packets_back = 0, bytes_back = 0;  // of these, from destination to source
  EndReason end_reason = EndReason::none;
  std::uint8_t icmp_type = 0;                      // of the first packet, when the protocol is ICMP or ICMPv6
  std::uint8_t icmp_code = 0;
  FlowUid connection_uid;  // uid of the connection's first record: the same in every record that an active cut made
};

// "10.0.0.5:51515-10.0.0.9:443/tcp", "[2001:db8::1]:5353-[ff02::fb]:5353/udp", "10.0.0.5-10.0.0.9/icmp" (no ports).
std::string flow_id(const FlowIdentity& flow);

// Community ID v1 with seed 0 (corelight/community-id-spec), for joining with Zeek, Suricata and others: "1:...".
std::string community_id(const FlowIdentity& flow);

// "tcp", "udp", "icmp", "icmp6", "sctp", else the number as text.
std::string protocol_name(std::uint8_t protocol);

}  // namespace weir::flow
