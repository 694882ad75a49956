// SPDX-License-Identifier: Apache-2.0
// Decoder: captured frames in, the facts of their IP packets out.
//
// One decoder per worker: it belongs to one thread and shares nothing. It walks from header to header by the table in
// dispatch.cc; no header knows which others may follow it. Never reads beyond the captured bytes, never allocates after
// construction but for the largest batch, never throws or logs. What is not an IP packet that can be understood is counted
// under its reason. Memory: the fragment table and those that wait, 900 KiB by default.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "capture/raw_packet.h"
#include "decode/decode_stats.h"
#include "decode/fragments.h"
#include "decode/packet_view.h"
#include "decode/reject_reason.h"
#include "decode/tunnels.h"
#include "decode/waiting_fragments.h"

namespace weir::decode {

struct Layer;
struct Next;

struct DecoderOptions {
  TunnelSet tunnels = TunnelSet::all();                     // the others stay closed
  std::size_t fragment_sets = FragmentTable::kDefaultSets;  // how many sets of 8 fragmented datagrams are remembered
  std::size_t waiting_fragments = WaitingFragments::kMost;  // how many fragments may wait for their first at a time
};

class Decoder {
 public:
  explicit Decoder(DecoderOptions options = {});

  // The accepted packets, in order; valid until the next call. A fragment that comes before the first of its datagram is
  // kept back and follows its first, with the first's time; or comes as an orphan, when it has waited for a second of packet
  // time. A wireless frame may hold several packets. So a batch may give more packets than it has frames, or fewer.
  std::span<const PacketView> decode(std::span<const capture::RawPacket> packets);

  // Orphans that have waited for too long at `now`: for a clock that goes on while no packet comes.
  std::span<const PacketView> advance(base::Timestamp now);
  // All that still wait: call it when no packet will come any more.
  std::span<const PacketView> finish();

  // One packet by itself, where nothing waits: a later fragment that comes before its first is an orphan at once, and a frame
  // that holds several packets is refused.
  // RejectReason::none: `view` holds the packet. Otherwise the view's content means nothing.
  RejectReason decode(const capture::RawPacket& packet, PacketView& view);

  // The same, but without the shortcut for common packets: what that is held against.
  RejectReason decode_by_walk(const capture::RawPacket& packet, PacketView& view);

  const DecodeStats& stats() const { return stats_; }

 private:
  RejectReason walk_through(Layer& layer, Next first, base::Timestamp time);
  PacketView* take(Layer& layer, Next first, base::Timestamp time, PacketView* out);
  PacketView* take_more(const Layer& first, base::Timestamp time, PacketView* out, std::size_t left);
  void learn_ports(const PacketView& view, const FragmentMark& fragment);
  PacketView* take_fragment(const Layer& layer, PacketView* view);
  PacketView* take_orphan(PacketView* out);
  std::span<const PacketView> views_until(const PacketView* end) const;

  const DecoderOptions options_;
  FragmentTable fragments_;
  WaitingFragments waiting_;
  DecodeStats stats_;
  std::vector<PacketView> views_;
};

}  // namespace weir::decode
