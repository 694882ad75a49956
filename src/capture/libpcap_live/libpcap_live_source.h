// SPDX-License-Identifier: Apache-2.0
// Live packets by libpcap: the portable way, and on Linux the one for what the ring of capture/afpacket does not take (the `any`
// device). Each packet is copied once.
//
// A source belongs to one thread; stats() may be asked by any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "capture/bpf_filter.h"
#include "capture/packet_source.h"

namespace weir::capture::libpcap_live {

struct LibpcapConfig {
  std::string interface;
  std::string filter{};             // a pcap filter expression; empty: everything
  bool promiscuous = true;
  std::uint32_t snap_length = 512;  // every header that weir decodes fits; 0: all, up to 64 KiB
  int buffer_bytes = 16 << 20;
  std::chrono::milliseconds block_timeout{50};
};

base::Result<std::unique_ptr<PacketSource>> open_libpcap_live(const LibpcapConfig& config);

// Compiles an expression for an interface of this machine, as an AF_PACKET socket needs it (the kernel keeps VLAN tags apart
// from the bytes, so `vlan 7` must ask for them elsewhere than in a file). Opens the interface for a moment: same privilege.
base::Result<BpfProgram> compile_filter(const std::string& expression, const std::string& interface,
                                        std::uint32_t snap_length = 512);

}  // namespace weir::capture::libpcap_live
