// SPDX-License-Identifier: Apache-2.0
// RawPacket: one captured frame, borrowed from the source that handed it out. Valid until the next call to that source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"

namespace weir::capture {

// LINKTYPE_ values of the pcap registry; a source refuses a type that the decoder does not know, with its name.
enum class LinkType : std::uint16_t {
  null = 0,  // BSD loopback: address family in the byte order of the writer
  ethernet = 1,
  ppp = 9,
  ppp_hdlc = 50,
  ppp_ether = 51,    // PPPoE without its Ethernet
  raw = 101,         // IPv4 or IPv6 by the version nibble
  cisco_hdlc = 104,
  ieee802_11 = 105,  // wireless, without a radio's report
  loop = 108,        // OpenBSD loopback: address family in network byte order
  linux_sll = 113,
  radiotap = 127,    // wireless, behind the radio's report
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

struct RawPacket {
  base::Timestamp time;
  const std::byte* data = nullptr;
  std::uint32_t captured_length = 0;  // bytes at data
  std::uint32_t wire_length = 0;      // bytes on the wire; larger when the capture was cut (snap length)
  LinkType link_type = LinkType::ethernet;

  std::span<const std::byte> bytes() const { return {data, captured_length}; }
};

}  // namespace weir::capture
