// SPDX-License-Identifier: Apache-2.0
// FlowHead: what the flow stage itself knows of an open flow. It is the front of each record of a FlowTable; what is measured
// follows it. Laid out for the cache: all that decides where a packet belongs is in the first 64 bytes.
//
// Times within a flow are offsets from its start, in microseconds, in 32 bits: an active timeout of at most an hour keeps
// them in range, and makes every sum of them, and of their squares, exact in 64 bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "flow/flow_key.h"

namespace weir::flow {

inline constexpr base::Duration kMaxActiveTimeout = std::chrono::hours(1);

// A record is cut, as by the active timeout, when it has seen so many packets: no counter or sum of it can then overflow.
inline constexpr std::uint32_t kMaxPacketsPerRecord = 1U << 28;

enum Direction : std::uint8_t { kForward = 0, kBackward = 1 };

namespace head_flag {
inline constexpr std::uint8_t kForwardIsLow = 0x01;  // the source is the key's low end
inline constexpr std::uint8_t kClosed = 0x02;        // TCP has closed: only stragglers may come
inline constexpr std::uint8_t kTouched = 0x04;       // got a packet since it was filed in the wheel
inline constexpr std::uint8_t kChanged = 0x08;       // the observer's: got a packet since its last row
inline constexpr std::uint8_t kListed = 0x10;        // the observer's: is in the list of changed flows
inline constexpr std::uint8_t kReported = 0x20;      // the observer's: has given a row
}  // namespace head_flag

struct FlowHead {
  FlowKey key;
  std::uint32_t previous = 0;          // neighbours in the wheel's list
  std::uint32_t next = 0;
  std::uint32_t last_us[2] = {0, 0};   // offset of the newest packet of each direction
  std::uint8_t tcp = 0;                // bits of tcp_state.h
  std::uint8_t flags = 0;
  std::uint8_t generation = 0;         // counts records of this key that began within one microsecond
  std::uint8_t icmp_type = 0;          // of the first packet

  base::Timestamp started;
  base::Timestamp connection_started;  // of the connection's first record
  std::uint64_t ip_bytes : 56 = 0;
  std::uint64_t icmp_code : 8 = 0;     // of the first packet
  std::uint32_t packets[2] = {0, 0};
  std::uint32_t next_seq[2] = {0, 0};  // TCP: highest sequence number seen, plus one

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  void set(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags | flag); }
  void clear(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags & ~flag); }

  std::uint32_t newest_us() const { return std::max(last_us[0], last_us[1]); }
  base::Timestamp last() const { return started + base::Duration(newest_us()); }
  std::uint32_t all_packets() const { return packets[0] + packets[1]; }
  Direction direction(bool from_low) const { return static_cast<Direction>(from_low != has(head_flag::kForwardIsLow)); }
};
static_assert(sizeof(FlowHead) == 104);
static_assert(offsetof(FlowHead, started) == 64, "what decides where a packet belongs fills the first cache line");

}  // namespace weir::flow
