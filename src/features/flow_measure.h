// SPDX-License-Identifier: Apache-2.0
// FlowMeasure: all that is measured of one flow, in constant space, as integers: rows.h makes features of it.
//
// Laid out for the cache: behind the 104 bytes of a FlowHead, the rest of its second line is what every packet touches, then
// one line per direction, then one for what only the first packets and unusual flags touch. What long or unusual flows need is
// a FlowTail, taken from a pool the first time that it is needed: a flood of short flows pays for none.
//
//   line 0     FlowHead: key, links, newest times, flags        line 3     the backward direction
//   line 1     FlowHead: start, counts | gaps, activity         line 4     flags, packets 1 to 8
//   line 2, 3  the forward direction, the bulk candidate        FlowTail   160 bytes: packets 9 to 16, bulks, activity, rare flags
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "features/activity.h"
#include "features/bulk.h"
#include "features/early.h"
#include "features/tcp_flags.h"
#include "features/timing.h"
#include "features/volume.h"
#include "flow/flow_tracker.h"
#include "flow/slab.h"

namespace weir::features {

struct FlowTail {
  EarlyTail early;
  BulkTotals bulks[2];
  Activity activity;
  RareFlags flags;
};
static_assert(sizeof(FlowTail) == 160);

using TailPool = flow::Slab<FlowTail>;

struct FlowMeasure {
  static constexpr std::uint32_t kNoTail = 0xFFFFFF;
  static constexpr std::uint32_t kMaxTails = kNoTail;
  static constexpr std::uint32_t kNoHeader = 15;  // words: also the largest header there is

  GapSums gaps;
  std::uint32_t active_start_us = 0;
  std::uint16_t subflow_gaps = 0;
  std::uint16_t early_backward = 0;  // bit i: packet i of the first 16 went backward

  DirectionMeasure forward;
  BulkCandidate bulk;
  std::uint32_t tail : 24 = kNoTail;
  std::uint32_t header_mins : 8 = kNoHeader | kNoHeader << 4;  // words: 4 bits forward, 4 bits backward
  DirectionMeasure backward;

  FlagCounts flags;
  EarlyHead early;

  // Takes in one packet, before the head does.
  void add(const decode::PacketView& packet, const flow::PacketContext& context, const flow::FlowHead& head,
           TailPool& tails);

  void fetch(const TailPool& tails) const {
    if (tail == kNoTail) return;
    __builtin_prefetch(&tails[tail].bulks, 1);  // what a packet of a bulk writes: of the rest, few packets need any
  }

  // Gives the tail back: the record is about to go.
  void release(TailPool& tails) const {
    if (tail != kNoTail) tails.give_back(tail);
  }

  std::uint32_t header_min_words(flow::Direction way) const { return header_mins >> way * 4U & 15U; }
  const DirectionMeasure& direction(flow::Direction way) const { return way == flow::kForward ? forward : backward; }

 private:
  FlowTail& long_part(TailPool& tails) {
    if (tail == kNoTail) tail = tails.take() & kNoTail;
    return tails[tail];
  }

  void add_gap(const flow::PacketContext& context, TailPool& tails);
  void add_early(const flow::PacketContext& context, std::uint32_t payload, TailPool& tails);
  void add_flags(std::uint8_t flags_seen, flow::Direction direction, TailPool& tails);
  void add_header(const decode::PacketView& packet, flow::Direction direction);
};
static_assert(sizeof(FlowMeasure) == 216 && sizeof(flow::FlowTable<FlowMeasure>::Record) == 320);
static_assert(sizeof(flow::FlowHead) + offsetof(FlowMeasure, forward) == 128);
static_assert(sizeof(flow::FlowHead) + offsetof(FlowMeasure, flags) == 256);

inline void FlowMeasure::add(const decode::PacketView& packet, const flow::PacketContext& context,
                             const flow::FlowHead& head, TailPool& tails) {
  const flow::Direction way = context.direction;
  const std::uint32_t payload = std::min(packet.payload_bytes, kMaxPayload);
  const bool first_of_direction = head.packets[way] == 0;
  DirectionMeasure& mine = way == flow::kForward ? forward : backward;
  mine.add(packet, context, payload, first_of_direction, context.offset_us - head.last_us[way]);
  if (context.number > 0) add_gap(context, tails);
  if (payload > 0) {
    bulk.add(way, context.offset_us, payload, [&]() -> BulkTotals& { return long_part(tails).bulks[way]; });
  }
  add_header(packet, way);
  if (context.number < kEarlyPackets) add_early(context, payload, tails);
  const bool tcp = packet.protocol == decode::protocol::kTcp;
  if (tcp & FlagCounts::touched_by(packet.tcp_flags)) {  // one branch, hardly ever taken, instead of two
    add_flags(packet.tcp_flags, way, tails);
  }
}

inline void FlowMeasure::add_gap(const flow::PacketContext& context, TailPool& tails) {
  gaps.add(context.gap_us);
  if (context.gap_us <= kSubflowGapUs) [[likely]]
    return;
  ++subflow_gaps;
  if (context.gap_us <= kActivityGapUs) return;
  long_part(tails).activity.add_gap(active_start_us, context.offset_us - context.gap_us, context.gap_us);
  active_start_us = context.offset_us;
}

inline void FlowMeasure::add_header(const decode::PacketView& packet, flow::Direction direction) {
  if (packet.later_fragment) return;  // its header came with the first fragment
  const std::uint32_t words = std::min<std::uint32_t>(packet.l4_header_bytes / 4U, kNoHeader);
  const unsigned shift = direction * 4U;
  const std::uint32_t least = std::min(header_min_words(direction), words);
  header_mins = ((header_mins & ~(15U << shift)) | least << shift) & 0xFFU;
}

inline void FlowMeasure::add_early(const flow::PacketContext& context, std::uint32_t payload, TailPool& tails) {
  const std::uint32_t i = context.number;
  early_backward = static_cast<std::uint16_t>(early_backward | context.direction << i);
  if (i < kEarlyHead) {
    early.payloads[i] = static_cast<std::uint16_t>(payload);
    if (i > 0) early.gaps_us[i - 1] = context.gap_us;
  } else {
    EarlyTail& rest = long_part(tails).early;
    rest.payloads[i - kEarlyHead] = static_cast<std::uint16_t>(payload);
    rest.gaps_us[i - kEarlyHead] = context.gap_us;
  }
}

inline void FlowMeasure::add_flags(std::uint8_t flags_seen, flow::Direction direction, TailPool& tails) {
  flags.add(flags_seen, direction);
  if (RareFlags::touched_by(flags_seen)) long_part(tails).flags.add(flags_seen, direction);
}

}  // namespace weir::features
