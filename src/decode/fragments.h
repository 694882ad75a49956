// SPDX-License-Identifier: Apache-2.0
// FragmentTable: what is known of each fragmented datagram: its ports (and the protocol behind IPv6 extension headers), which
// only its first fragment tells and the later ones are given; and which of its bytes have come, to see overlaps.
//
// Bounded in room and in time: sets of 8 datagrams; a set that is full forgets its oldest datagram, and a datagram is forgotten
// 30 s after the first of its fragments that was seen (Linux reassembles for as long). A flood of fragments can only push out
// others, which then count as orphans. The hash has no secret: it could protect nothing that a flood does not break anyway,
// and the same capture must give the same rows. Owned by one decoder.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"

namespace weir::decode {

struct FragmentKey {
  base::IpAddress src;
  base::IpAddress dst;
  std::uint32_t id = 0;
  std::uint32_t tunnel_id = 0;
  std::uint16_t vlan = 0;
  std::uint8_t protocol = 0;  // as the header of the fragment says: the first header of the fragmented part
  std::uint8_t ip_version = 0;

  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

// What a fragment's datagram is remembered under, apart from its addresses.
struct FragmentMark {
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;  // of the first header in the fragmented part
  bool first = false;         // its ports are to be remembered
};

struct FragmentPorts {
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t protocol = 0;  // of the transport header itself
  bool tunnel = false;        // the datagram is a tunnel's: its inner packet came with the first fragment, as a whole
};

// Which bytes of a datagram have come. Three stretches are enough for fragments in order, in reverse, or with a few astray;
// what does not fit is forgotten, and its repetition not seen.
class FragmentCoverage {
 public:
  // True when some of these bytes had come before. In bytes; `last` says that the datagram ends there.
  bool add(std::uint32_t start, std::uint32_t end, bool last);
  // All of it has come.
  bool complete() const { return parts_used_ == 1 && last_seen_ && parts_[0].start == 0; }

 private:
  struct Stretch {
    std::uint16_t start, end;  // in units of 8 bytes
  };
  std::array<Stretch, 3> parts_{};
  std::uint8_t parts_used_ = 0;
  bool last_seen_ = false;
};

class FragmentTable {
 public:
  static constexpr std::chrono::seconds kLifetime{30};

  static constexpr std::size_t kDefaultSets = 1024;  // 768 KiB

  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;

  explicit FragmentTable(std::size_t sets = kDefaultSets);

  // The first fragment, or one that says as much.
  void remember(const FragmentKey& key, const FragmentPorts& ports, base::Timestamp now);
  void remember_tunnel(const FragmentKey& key, base::Timestamp now) { remember(key, {.tunnel = true}, now); }

  // Null when the first fragment was not seen, or is too long ago. Borrowed until the next call that is not const.
  const FragmentPorts* find(const FragmentKey& key, base::Timestamp now) const;

  // Notes that these bytes of the datagram have come; true when some of them had before.
  bool cover(const FragmentKey& key, std::uint32_t start, std::uint32_t end, bool last, base::Timestamp now);

  // The newest fragment that waits for the first of this datagram (a number of the owner's), or kNobody. Set by wait().
  std::uint32_t waiting(const FragmentKey& key, base::Timestamp now) const;
  void wait(const FragmentKey& key, std::uint32_t number, base::Timestamp now);

 private:
  struct Entry {
    FragmentKey key;
    FragmentPorts ports;
    bool known = false;                                   // the first fragment has been seen: `ports` hold
    FragmentCoverage coverage;
    std::uint32_t waiting = kNobody;
    base::Timestamp first_seen = base::Timestamp::min();  // min: free
  };
  static constexpr std::size_t kWays = 8;

  std::size_t first_way(const FragmentKey& key) const;
  const Entry* look_up(const FragmentKey& key, base::Timestamp now) const;
  Entry& open(const FragmentKey& key, base::Timestamp now);

  const std::size_t sets_;
  std::vector<Entry> entries_;
};

}  // namespace weir::decode
