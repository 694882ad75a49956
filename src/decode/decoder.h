// SPDX-License-Identifier: Apache-2.0
// Decoder: captured frames in, the facts of their IP packets out.
//
// One decoder per worker: it belongs to one thread and shares nothing. It walks from header to header by the table in
// dispatch.cc; no header knows which others may follow it. Never reads beyond the captured bytes, never allocates after
// construction, never throws or logs. What is not an IP packet that can be understood is counted under its reason.
// Memory: the fragment table, 512 KiB by default.
#pragma once

#include <cstddef>
#include <span>

#include "capture/raw_packet.h"
#include "decode/decode_stats.h"
#include "decode/fragments.h"
#include "decode/packet_view.h"
#include "decode/reject_reason.h"

namespace weir::decode {

class Decoder {
 public:
  // `fragment_sets`: how many sets of 8 fragmented datagrams are remembered at a time.
  explicit Decoder(std::size_t fragment_sets = FragmentTable::kDefaultSets) : fragments_(fragment_sets) {}

  // RejectReason::none: `view` holds the packet. Otherwise the view's content means nothing.
  RejectReason decode(const capture::RawPacket& packet, PacketView& view);

  // Decodes a whole batch; `views` must have room for it. The accepted packets are views[0 .. result), in order.
  std::size_t decode(std::span<const capture::RawPacket> packets, std::span<PacketView> views);

  const DecodeStats& stats() const { return stats_; }

 private:
  FragmentTable fragments_;
  DecodeStats stats_;
};

}  // namespace weir::decode
