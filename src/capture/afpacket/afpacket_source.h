// SPDX-License-Identifier: Apache-2.0
// Live packets of a Linux interface out of a TPACKET_V3 ring: memory shared with the kernel, filled block by block.
//
// One source is one ring and belongs to one thread; stats() may be asked by any. For N workers open N sources with the same
// fanout group: the kernel gives each of them whole flows (both directions, by a symmetric hash of addresses and ports;
// fragments by addresses only, so that all of a datagram meet).
// The packets of a batch lie in the ring itself; their block is the kernel's again at the next call. When this thread falls
// behind by a whole ring the kernel drops, and counts. No system call while packets are waiting.
// Needs CAP_NET_RAW (and CAP_NET_ADMIN for promiscuous mode on some interfaces).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "capture/bpf_filter.h"
#include "capture/packet_source.h"

namespace weir::capture::afpacket {

struct AfPacketConfig {
  std::string interface;
  BpfProgram filter{};      // from libpcap_live::compile_filter(); empty: everything
  bool promiscuous = true;  // also frames for others: what a mirror port carries
  // Bytes kept of each packet; 0: all. Every header that weir decodes fits into the default, and a ring holds more packets
  // the shorter they are. Ignored with a filter, whose compilation has its own.
  std::uint32_t snap_length = 512;
  std::size_t ring_bytes = std::size_t{64} << 20;  // rounded up to whole blocks of 1 MiB
  // A block that is not full is handed over after this long: the latency on a quiet link.
  std::chrono::milliseconds block_timeout{50};
  std::optional<std::uint16_t> fanout_group = std::nullopt;  // the same in all sources that share an interface
};

base::Result<std::unique_ptr<PacketSource>> open_afpacket(const AfPacketConfig& config);

}  // namespace weir::capture::afpacket
