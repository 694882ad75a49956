// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/plain_meter.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "tests/golden/plain_features.h"

namespace weir::golden {

namespace {

using flow::EndReason;
using namespace decode::tcp_flag;

using End = std::tuple<base::IpAddress, std::uint16_t>;
using Key = std::tuple<End, End, std::uint8_t, std::uint8_t, std::uint16_t, std::uint32_t>;

End source(const decode::PacketView& p) { return {p.src, p.src_port}; }
End destination(const decode::PacketView& p) { return {p.dst, p.dst_port}; }
Key key_of(const decode::PacketView& p) {
  const End a = source(p), b = destination(p);
  return {std::min(a, b), std::max(a, b), p.protocol, p.ip_version, p.vlan, p.tunnel_id};
}

struct Side {
  std::optional<std::uint32_t> highest_end;
  bool fin = false;
  bool fin_acknowledged = false;
};

struct Flow {
  std::vector<SeenPacket> packets;
  std::uint64_t ip_bytes = 0;
  SeenPacket first_of_connection;
  End client, server;
  Side sides[2];
  bool closed = false;
  bool changed = false;
  std::int64_t late_in_tick = INT64_MIN;  // the newest tick that brought a packet older than itself

  std::int64_t started() const { return packets.front().at_us; }
  std::int64_t last() const { return packets.back().at_us; }
};

class PlainMeter {
 public:
  explicit PlainMeter(const features::MeterConfig& config) : config_(config) {}

  void add(const decode::PacketView& packet) {
    const std::int64_t at = base::to_us(packet.time);
    if (!tick_) tick_ = tick_of(at);
    while (*tick_ < tick_of(at)) close_tick();

    const Key key = key_of(packet);
    const auto found = flows_.find(key);
    std::optional<Flow> continued;
    if (found != flows_.end()) {
      const EndReason reason = ends_before(found->second, packet);
      if (reason != EndReason::none) {
        if (reason == EndReason::active_timeout) continued = found->second;
        row(found->second, key, features::RowKind::final, reason);
        flows_.erase(found);
      }
    }
    auto [place, is_new] = flows_.try_emplace(key);
    if (is_new) begin(place->second, packet, continued);
    take_in(place->second, packet);
  }

  std::vector<PlainRow> finish() {
    for (const auto& [key, flow] : flows_) {
      row(flow, key, features::RowKind::final, flow.closed ? EndReason::end_of_flow : EndReason::forced);
    }
    return std::move(rows_);
  }

 private:
  std::int64_t tick_of(std::int64_t us) const { return us / config_.tick.count() + 1; }
  std::int64_t timeout(const Flow& flow) const { return (flow.closed ? config_.linger : config_.idle_timeout).count(); }

  void close_tick() {
    for (auto it = flows_.begin(); it != flows_.end();) {
      const Flow& flow = it->second;
      const bool silent = *tick_ * config_.tick.count() - flow.last() > timeout(flow);
      const bool spoke_late =
          flow.late_in_tick != INT64_MIN && *tick_ - flow.late_in_tick < timeout(flow) / config_.tick.count();
      if (silent && !spoke_late) {
        row(flow, it->first, features::RowKind::final, flow.closed ? EndReason::end_of_flow : EndReason::idle_timeout);
        it = flows_.erase(it);
      } else {
        ++it;
      }
    }
    for (auto& [key, flow] : flows_) {
      if (config_.interim && flow.changed) row(flow, key, features::RowKind::interim, EndReason::none);
      flow.changed = false;
    }
    ++*tick_;
  }

  EndReason ends_before(const Flow& flow, const decode::PacketView& packet) const {
    const std::int64_t at = base::to_us(packet.time);
    const std::int64_t silence = at - flow.last(), age = at - flow.started();
    if (flow.closed) {
      const bool bare_syn = (packet.tcp_flags & kSyn) && !(packet.tcp_flags & kAck);
      const bool over = bare_syn || silence > config_.linger.count() || age > config_.active_timeout.count();
      return over ? EndReason::end_of_flow : EndReason::none;
    }
    if (silence > config_.idle_timeout.count()) return EndReason::idle_timeout;
    return age > config_.active_timeout.count() ? EndReason::active_timeout : EndReason::none;
  }

  static void begin(Flow& flow, const decode::PacketView& packet, const std::optional<Flow>& continued) {
    const bool answer =
        packet.protocol == decode::protocol::kTcp && (packet.tcp_flags & kSyn) && (packet.tcp_flags & kAck);
    flow.client = answer ? destination(packet) : source(packet);
    flow.server = answer ? source(packet) : destination(packet);
    flow.first_of_connection = {.at_us = base::to_us(packet.time), .view = packet};
    if (!continued) return;
    flow.client = continued->client;
    flow.server = continued->server;
    flow.first_of_connection = continued->first_of_connection;
    std::copy_n(continued->sides, 2, flow.sides);
  }

  void take_in(Flow& flow, const decode::PacketView& packet) {
    SeenPacket seen{.at_us = base::to_us(packet.time), .view = packet};
    // A talk of an end with itself goes one way.
    seen.backward = source(packet) != flow.client && source(packet) != destination(packet);
    if (!flow.packets.empty()) seen.at_us = std::max(seen.at_us, flow.last());
    const bool tcp = packet.protocol == decode::protocol::kTcp && !packet.later_fragment;
    bool closes = false;
    if (tcp && packet.tcp_flags & kRst) {
      closes = true;
    } else if (tcp) {
      seen.retransmission = brings_nothing_new(flow.sides[seen.backward], packet);
      closes = acknowledges_last_fin(flow.sides[seen.backward], flow.sides[!seen.backward], packet);
    }
    flow.packets.push_back(seen);
    flow.ip_bytes += packet.ip_bytes;
    flow.changed = true;
    flow.closed |= closes;
    if (tick_of(base::to_us(packet.time)) < *tick_) flow.late_in_tick = *tick_;
  }

  static bool brings_nothing_new(Side& side, const decode::PacketView& packet) {
    const bool syn = packet.tcp_flags & kSyn, fin = packet.tcp_flags & kFin;
    const std::uint32_t length = packet.payload_bytes + syn + fin;
    const std::uint32_t end = packet.tcp_seq + length;
    bool nothing_new = false;
    if (!side.highest_end) {
      side.highest_end = end;
    } else if (length > 0) {
      const auto ahead = static_cast<std::int32_t>(end - *side.highest_end);
      const bool another_syn = syn && ahead != 0;
      const bool keep_alive = length == 1 && !syn && !fin && ahead == 0;
      nothing_new = !another_syn && ahead <= 0 && !keep_alive;
      if (another_syn || (ahead > 0 && !side.fin)) side.highest_end = end;
    }
    side.fin |= fin;
    return nothing_new;
  }

  static bool acknowledges_last_fin(const Side& mine, Side& other, const decode::PacketView& packet) {
    if (!(packet.tcp_flags & kAck) || !other.fin) return false;
    if (static_cast<std::int32_t>(packet.tcp_ack - *other.highest_end) < 0) return false;
    other.fin_acknowledged = true;
    return mine.fin_acknowledged;
  }

  void row(const Flow& flow, const Key& key, features::RowKind kind, EndReason reason) {
    PlainRow row;
    std::tie(row.flow.src_ip, row.flow.src_port) = flow.client;
    std::tie(row.flow.dst_ip, row.flow.dst_port) = flow.server;
    row.flow.protocol = std::get<2>(key);
    row.flow.ip_version = std::get<3>(key);
    row.flow.vlan = std::get<4>(key);
    row.flow.tunnel_id = std::get<5>(key);
    row.flow.started = base::from_us(flow.started());
    row.flow.last = base::from_us(flow.last());
    row.flow.packets = flow.packets.size();
    row.flow.bytes = flow.ip_bytes;
    row.flow.end_reason = reason;
    row.kind = kind;
    row.tick = base::Timestamp(*tick_ * config_.tick);
    row.values = plain_features(flow.packets, flow.first_of_connection);
    rows_.push_back(std::move(row));
  }

  const features::MeterConfig config_;
  std::optional<std::int64_t> tick_;
  std::map<Key, Flow> flows_;
  std::vector<PlainRow> rows_;
};

}  // namespace

std::vector<PlainRow> plain_meter(std::span<const decode::PacketView> packets, const features::MeterConfig& config) {
  PlainMeter meter(config);
  for (const decode::PacketView& packet : packets) meter.add(packet);
  return meter.finish();
}

}  // namespace weir::golden
