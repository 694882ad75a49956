// SPDX-License-Identifier: Apache-2.0
// PacketRing: the AF_PACKET socket with its memory, and the turn-taking over its blocks. Knows nothing of packets' content.
//
//   block 0 | block 1 | ... | block n-1      each either the kernel's (being filled) or ours (being read), in this order
//
// One thread, but drops() may be asked by any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "capture/afpacket/afpacket_source.h"

struct tpacket_block_desc;  // <linux/if_packet.h>

namespace weir::capture::afpacket {

// What the kernel says about the interface to capture from.
struct LinkFacts {
  int index = 0;
  LinkType link_type = LinkType::ethernet;
  bool loopback = false;
};
base::Result<LinkFacts> inspect_link(const std::string& interface);

class PacketRing {
 public:
  static base::Result<std::unique_ptr<PacketRing>> open(const AfPacketConfig& config, const LinkFacts& link);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // The block whose turn it is, if the kernel has handed it over; it stays ours until release().
  tpacket_block_desc* current() const;
  void release();

  enum class Wake {
    ready,   // the current block is ours, or may be soon
    quiet,   // nothing in time, or a signal
    gone,    // the interface does not exist any more
    failed,  // errno says why
  };
  // Waits for the current block. An interface that is down is quiet: it may come back.
  Wake wait(std::chrono::milliseconds patience) const;

  std::uint64_t drops() const;  // packets for which the ring had no room, since the opening

 private:
  explicit PacketRing(int socket, int interface_index) : socket_(socket), interface_index_(interface_index) {}

  base::Result<> set_up(const AfPacketConfig& config);
  base::Result<> map(const AfPacketConfig& config);
  base::Result<> bind_to(const AfPacketConfig& config);
  bool interface_exists() const;

  static constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

  const int socket_;
  const int interface_index_;
  std::byte* memory_ = nullptr;
  std::size_t blocks_ = 0;
  std::size_t current_ = 0;
  // The kernel forgets its count whenever it is asked, and any thread may ask: whoever does adds it here.
  mutable std::atomic<std::uint64_t> drops_ = 0;
};

}  // namespace weir::capture::afpacket
