// SPDX-License-Identifier: Apache-2.0
#include "decode/decoder.h"

#include <algorithm>
#include <memory>

#include "decode/common_packet.h"
#include "decode/dispatch.h"
#include "decode/ip_fragment.h"

namespace weir::decode {

namespace {

// Honest traffic has nine in a row (Ethernet, two tags, IPv6, a few extension headers, fragment, transport), and three or
// four more for each tunnel.
constexpr int kMaxLayers = 32;

// A wireless frame holds at most 11,454 bytes: more packets than this in it are too small to be any.
constexpr int kMostOfAFrame = 256;

RejectReason walk(Next next, Layer& layer) {
  for (int depth = 0; depth < kMaxLayers; ++depth) {
    if (next.space == Next::Space::ip_protocol) layer.view.protocol = static_cast<std::uint8_t>(next.number);
    next = decoder_of(next)(layer);
    if (next.space == Next::Space::end) return next.reason;
  }
  return RejectReason::too_many_layers;
}

}  // namespace

Decoder::Decoder(DecoderOptions options)
    : options_(options), fragments_(options.fragment_sets), waiting_(options.waiting_fragments) {
  views_.resize(waiting_.most());
}

// Counts all that becomes of the packet but for its acceptance.
RejectReason Decoder::walk_through(Layer& layer, Next first, base::Timestamp time) {
  std::construct_at(&layer.view);  // in place: assigning a fresh one copies it, which cost a third of the whole walk
  layer.view.time = time;
  const RejectReason reason = walk(first, layer);
  ++stats_.packets;
  if (reason != RejectReason::none) ++stats_.by_reason[static_cast<std::size_t>(reason)];
  return reason;
}

void Decoder::learn_ports(const PacketView& view, const FragmentMark& fragment) {
  fragments_.remember(fragment_key(view, fragment.id, fragment.protocol),
                      {.src_port = view.src_port, .dst_port = view.dst_port, .protocol = view.protocol}, view.time);
}

RejectReason Decoder::decode(const capture::RawPacket& packet, PacketView& view) {
  if (!decode_common_packet(packet, view)) return decode_by_walk(packet, view);
  ++stats_.packets;
  ++stats_.accepted;
  return RejectReason::none;
}

RejectReason Decoder::decode_by_walk(const capture::RawPacket& packet, PacketView& view) {
  Layer layer{.reader = base::ByteReader(packet.bytes()),
              .length = packet.wire_length,
              .view = view,
              .fragments = fragments_,
              .stats = stats_,
              .tunnels = options_.tunnels};
  const RejectReason reason = walk_through(layer, Next::link_type(packet.link_type), packet.time);
  if (reason != RejectReason::none) return reason;
  ++stats_.accepted;
  if (layer.fragment.first) learn_ports(view, layer.fragment);
  return reason;
}

std::span<const PacketView> Decoder::decode(std::span<const capture::RawPacket> packets) {
  // What waits comes out beside the batch's own.
  if (views_.size() < packets.size() + waiting_.most()) views_.resize(packets.size() + waiting_.most());
  PacketView* out = views_.data();
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const capture::RawPacket& packet = packets[i];
    while (packet.time > waiting_.deadline()) [[unlikely]]
      out = take_orphan(out);
    if (decode_common_packet(packet, *out)) [[likely]] {
      ++stats_.packets;
      ++stats_.accepted;
      ++out;
      continue;
    }
    Layer layer{.reader = base::ByteReader(packet.bytes()),
                .length = packet.wire_length,
                .view = *out,
                .fragments = fragments_,
                .stats = stats_,
                .tunnels = options_.tunnels,
                .may_wait = true,
                .may_split = true};
    out = take(layer, Next::link_type(packet.link_type), packet.time, out);
    if (!layer.more.empty()) [[unlikely]]
      out = take_more(layer, packet.time, out, packets.size() - i);
  }
  return views_until(out);
}

PacketView* Decoder::take(Layer& layer, Next first, base::Timestamp time, PacketView* out) {
  if (walk_through(layer, first, time) != RejectReason::none) return out;
  if (layer.fragment.first || layer.waits) [[unlikely]]
    return take_fragment(layer, out);
  ++stats_.accepted;
  return out + 1;
}

// The further packets of a frame that holds several. `left`: packets of the batch that still need room.
PacketView* Decoder::take_more(const Layer& first, base::Timestamp time, PacketView* out, std::size_t left) {
  std::span<const std::byte> bytes = first.more;
  std::uint32_t length = first.more_length;
  for (int taken = 1; !bytes.empty(); ++taken) {
    ++stats_.packets_beyond_frames;
    if (taken == kMostOfAFrame) {
      ++stats_.packets;
      ++stats_.by_reason[static_cast<std::size_t>(RejectReason::wifi_aggregate)];
      break;
    }
    const auto used = static_cast<std::size_t>(out - views_.data());
    if (views_.size() - used < left + 1 + waiting_.most()) views_.resize(views_.size() + kMostOfAFrame);
    out = views_.data() + used;
    Layer layer{.reader = base::ByteReader(bytes),
                .length = length,
                .view = *out,
                .fragments = fragments_,
                .stats = stats_,
                .tunnels = options_.tunnels,
                .may_wait = true,
                .may_split = true};
    out = take(layer, Next::wifi_subframe(), time, out);
    bytes = layer.more;
    length = layer.more_length;
  }
  return out;
}

// A first fragment goes on, and those that waited for it behind it. A later one without a first begins to wait.
PacketView* Decoder::take_fragment(const Layer& layer, PacketView* view) {
  const FragmentKey key = fragment_key(*view, layer.fragment.id, layer.fragment.protocol);
  const std::uint32_t newest = fragments_.waiting(key, view->time);
  if (layer.waits) {
    const PacketView early = *view;
    if (waiting_.full()) view = take_orphan(view);
    fragments_.wait(key, waiting_.add(early, key, newest), early.time);
    stats_.waiting = waiting_.size();
    return view;
  }
  learn_ports(*view, layer.fragment);
  ++stats_.accepted;
  PacketView* const first = view++;
  const std::size_t followers = newest == FragmentTable::kNobody ? 0 : waiting_.take(newest, key, view);
  for (PacketView* const end = view + followers; view != end; ++view) {
    view->time = first->time;
    view->protocol = first->protocol;
    view->src_port = first->src_port;
    view->dst_port = first->dst_port;
  }
  stats_.accepted += followers;
  stats_.early_fragments += followers;
  stats_.waiting = waiting_.size();
  return view;
}

// One that has waited in vain; unless its datagram has become known in the meantime all the same (pushed out of the table and
// come again, or a tunnel's).
PacketView* Decoder::take_orphan(PacketView* out) {
  const auto [view, key] = waiting_.pop_oldest();
  stats_.waiting = waiting_.size();
  const FragmentPorts* ports = fragments_.find(key, view.time);
  if (ports != nullptr && ports->tunnel) {
    ++stats_.by_reason[static_cast<std::size_t>(RejectReason::tunnel_fragment)];
    return out;
  }
  *out = view;
  ++stats_.accepted;
  if (ports == nullptr) {
    ++stats_.orphan_fragments;
  } else {
    out->protocol = ports->protocol;
    out->src_port = ports->src_port;
    out->dst_port = ports->dst_port;
    ++stats_.early_fragments;
  }
  return out + 1;
}

std::span<const PacketView> Decoder::advance(base::Timestamp now) {
  PacketView* out = views_.data();
  while (now > waiting_.deadline()) out = take_orphan(out);
  return views_until(out);
}

std::span<const PacketView> Decoder::finish() {
  PacketView* out = views_.data();
  while (waiting_.size() > 0) out = take_orphan(out);
  return views_until(out);
}

std::span<const PacketView> Decoder::views_until(const PacketView* end) const {
  return {views_.data(), static_cast<std::size_t>(end - views_.data())};
}

}  // namespace weir::decode
