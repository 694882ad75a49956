// SPDX-License-Identifier: Apache-2.0
// PacketView: the facts of one IP packet that flows and features need. A value: it borrows nothing.
// All lengths come from the IP header, so neither Ethernet padding nor a short snap length changes them.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ip_address.h"

namespace weir::decode {

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20, kEce = 0x40,
                              kCwr = 0x80;
}
namespace protocol {
inline constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpV6 = 58, kSctp = 132;
}

inline constexpr std::uint16_t kNoVlan = 0xFFFF;

struct PacketView {
  base::Timestamp time;
  base::IpAddress src;
  base::IpAddress dst;
  std::uint32_t ip_bytes = 0;         // IP total length, header included
  std::uint32_t payload_bytes = 0;    // bytes above the transport header; above the IP header where there is none
  std::uint32_t tunnel_id = 0;        // VNI, GRE key, TEID ... of the innermost tunnel; 0 = none
  std::uint16_t vlan = kNoVlan;       // outer VLAN id
  std::uint16_t src_port = 0;         // 0 without ports; ICMP echo: the identifier, in both
  std::uint16_t dst_port = 0;
  std::uint16_t l4_header_bytes = 0;  // TCP data offset x 4, UDP 8, ICMP 8, SCTP 12, else 0
  std::uint16_t tcp_window = 0;       // raw, unscaled
  std::uint32_t tcp_seq = 0;
  std::uint32_t tcp_ack = 0;
  std::uint8_t ip_version = 4;
  std::uint8_t protocol = 0;  // IANA number of the last header
  std::uint8_t tcp_flags = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  bool later_fragment = false;  // not the first fragment: ports are those of the first, header and flags unknown
};

}  // namespace weir::decode
