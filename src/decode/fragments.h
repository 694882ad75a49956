// SPDX-License-Identifier: Apache-2.0
// FragmentTable: which ports (and which protocol behind IPv6 extension headers) a fragmented datagram has. Only its first
// fragment says so; the later ones are told by this table.
//
// Bounded in room and in time: sets of 8 datagrams; a set that is full forgets its oldest datagram, and a datagram is forgotten
// 30 s after its first fragment (Linux reassembles for as long). A flood of first fragments can only push out others, which
// then count as orphans. The hash has no secret: it could protect nothing that a flood does not break anyway, and the same
// capture must give the same rows. Owned by one decoder.
#pragma once

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
  std::uint16_t vlan = 0;
  std::uint8_t protocol = 0;  // as the header of the fragment says: the first header of the fragmented part
  std::uint8_t ip_version = 0;

  friend bool operator==(const FragmentKey&, const FragmentKey&) = default;
};

struct FragmentPorts {
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t protocol = 0;  // of the transport header itself
};

class FragmentTable {
 public:
  static constexpr std::chrono::seconds kLifetime{30};

  static constexpr std::size_t kDefaultSets = 1024;  // 512 KiB

  explicit FragmentTable(std::size_t sets = kDefaultSets);

  void remember(const FragmentKey& key, const FragmentPorts& ports, base::Timestamp first_seen);

  // Null when the first fragment was not seen, or is too long ago. Borrowed until the next remember().
  const FragmentPorts* find(const FragmentKey& key, base::Timestamp now) const;

 private:
  struct Entry {
    FragmentKey key;
    FragmentPorts ports;
    base::Timestamp first_seen = base::Timestamp::min();  // min: free
  };
  static constexpr std::size_t kWays = 8;

  std::size_t first_way(const FragmentKey& key) const;

  const std::size_t sets_;
  std::vector<Entry> entries_;
};

}  // namespace weir::decode
