// SPDX-License-Identifier: Apache-2.0
// FlowTracker<Measure, Observer>: which flow a packet belongs to, and when flows end. The rules, in the order of asking:
//
//   of a closed TCP flow   a bare SYN, or a silence longer than linger, or an age beyond active_timeout: end_of_flow
//   of an open flow        a silence longer than idle_timeout: idle_timeout
//                          an age beyond active_timeout: active_timeout; the next record goes on in the same direction
//   at a tick              a silence longer than linger or idle_timeout, as above
//   when the table is full  a flow that was silent for longest, to within a tick: evicted
//
// All comparisons are strict. The first packet's sender is the source, unless that packet is a SYN+ACK: then its receiver is.
// A packet that is older than its flow's newest counts at the newest's time.
//
// One thread. The observer is told of each packet and each end while the record is whole:
//   void packet(std::uint32_t index, Record&, const decode::PacketView&, const PacketContext&)   before the head takes it in
//   void packet_taken(std::uint32_t index, Record&)                    after it did
//   void end(std::uint32_t index, Record&, EndReason)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "decode/packet_view.h"
#include "flow/flow_identity.h"
#include "flow/flow_table.h"
#include "flow/tcp_state.h"
#include "flow/timer_wheel.h"

namespace weir::flow {

struct TrackerConfig {
  base::Duration idle_timeout, active_timeout, linger, tick;
  std::uint32_t max_flows;
};

struct TrackerCounters {
  std::uint64_t flows_started = 0;
  std::array<std::uint64_t, 6> flows_ended{};
  std::uint64_t clamped_times = 0;
  std::uint64_t lingering_packets = 0;
};

// Where a packet stands in its flow.
struct PacketContext {
  Direction direction = kForward;
  bool retransmission = false;
  std::uint32_t number = 0;     // packets of the flow before this one
  std::uint32_t offset_us = 0;  // since the flow's start
  std::uint32_t gap_us = 0;     // since the packet before it, in either direction; 0 for the first
};

template <class Measure, class Observer>
class FlowTracker {
 public:
  using Table = FlowTable<Measure>;
  using Record = typename Table::Record;
  static constexpr std::size_t kBehindRecord = 4;  // packets ahead at which a record, now here, says what else it needs
  static constexpr std::size_t kBatch =
      32;  // packets whose memory is fetched ahead: enough to hide it, few enough for L1

  FlowTracker(const TrackerConfig& config, Observer& observer)
      : config_(config), observer_(observer), wheel_(table_, wheel_span(config)) {}

  // The tick that holds `time`: it ends at the result x tick.
  std::int64_t tick_of(base::Timestamp time) const {
    const std::int64_t us = base::to_us(time), tick = config_.tick.count();
    return us / tick - (us % tick < 0) + 1;
  }

  // The tick to which packets belong from now on. Only forwards.
  void begin_tick(std::int64_t tick) {
    tick_ = tick;
    tick_start_ = base::Timestamp((tick - 1) * config_.tick);
  }

  // At most kBatch packets, none of a tick after the current one.
  void add(std::span<const decode::PacketView> packets) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      keys_[i] = key_of(packets[i]);
      hashes_[i] = hash_(keys_[i].key);
      table_.prefetch_slot(hashes_[i]);
    }
    for (std::size_t i = 0; i < packets.size(); ++i) guesses_[i] = table_.prefetch_record(hashes_[i]);
    guesses_hold_ = true;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (i + kBehindRecord < packets.size() && guesses_[i + kBehindRecord] != Table::kNone) {
        observer_.fetch(table_[guesses_[i + kBehindRecord]]);
      }
      add(packets[i], keys_[i], hashes_[i], guesses_hold_ ? guesses_[i] : Table::kNone);
    }
  }

  // Ends what was silent for too long when the current tick ends. While flows are open, no tick may be left out.
  void close_tick() {
    for (std::uint32_t index; (index = wheel_.first(tick_)) != Table::kNone;) {
      FlowHead& head = table_[index].head;
      const std::int64_t due = due_tick(head, head.last());
      if (due > tick_) {
        refile(index, due);
      } else {
        end(index, head.has(head_flag::kClosed) ? EndReason::end_of_flow : EndReason::idle_timeout);
      }
    }
  }

  // Ends all flows, those that are due first coming first.
  void end_all(EndReason reason) {
    for (std::size_t i = 0; i <= wheel_.span() && table_.size() > 0; ++i) {
      for (std::uint32_t index; (index = wheel_.first(tick_ + static_cast<std::int64_t>(i))) != Table::kNone;) {
        end(index, table_[index].head.has(head_flag::kClosed) ? EndReason::end_of_flow : reason);
      }
    }
  }

  // Takes up a flow as it was when somebody saved it; kNone when its key is open already, or the table is full. The current
  // tick must be known.
  std::uint32_t adopt(const Record& saved) {
    const std::uint64_t hash = hash_(saved.head.key);
    if (table_.size() >= config_.max_flows || table_.find(saved.head.key, hash) != Table::kNone) return Table::kNone;
    const std::uint32_t index = table_.insert(saved.head.key, hash);
    table_[index] = saved;
    const FlowHead& head = table_[index].head;
    wheel_.file(index,
                std::clamp(due_tick(head, head.last()), tick_, tick_ + static_cast<std::int64_t>(wheel_.span())));
    return index;
  }

  // Walking through all open flows (see FlowTable::used).
  std::uint32_t used() const { return table_.used(); }
  bool is_open(std::uint32_t index) const { return table_.is_live(index); }

  Record& operator[](std::uint32_t index) { return table_[index]; }
  std::uint32_t size() const { return table_.size(); }
  const TrackerCounters& counters() const { return counters_; }
  std::size_t memory_bytes() const { return table_.memory_bytes(); }

 private:
  static std::size_t wheel_span(const TrackerConfig& config) {
    return static_cast<std::size_t>(std::max(config.idle_timeout, config.linger) / config.tick) + 2;
  }

  base::Duration timeout(const FlowHead& head) const {
    return head.has(head_flag::kClosed) ? config_.linger : config_.idle_timeout;
  }
  // The first tick at whose end a flow, silent since `last`, has been silent for longer than its timeout.
  std::int64_t due_tick(const FlowHead& head, base::Timestamp last) const { return tick_of(last + timeout(head)); }
  // The same, for a flow that has just got a packet. That may be older than the current tick, but its silence begins now:
  // or packets that come in disorder would end their flow each time.
  std::int64_t soonest_end(const FlowHead& head) const {
    return std::max(due_tick(head, head.last()), tick_ + timeout(head) / config_.tick);
  }

  void add(const decode::PacketView& packet, const OrientedKey& oriented, std::uint64_t hash, std::uint32_t guess) {
    std::uint32_t index = guess;
    if (guess == Table::kNone || table_[guess].head.key != oriented.key) [[unlikely]]
      index = table_.find(oriented.key, hash);
    if (index == Table::kNone) {
      index = open(packet, oriented, hash);
    } else {
      make_way(index, packet, oriented);
    }
    take_in(index, packet, oriented);
  }

  std::uint32_t open(const decode::PacketView& packet, const OrientedKey& oriented, std::uint64_t hash) {
    if (table_.size() >= config_.max_flows) [[unlikely]]
      evict();
    const std::uint32_t index = table_.insert(oriented.key, hash);
    begin(index, packet, oriented);
    return index;
  }

  void begin(std::uint32_t index, const decode::PacketView& packet, const OrientedKey& oriented) {
    using namespace decode::tcp_flag;
    FlowHead& head = table_[index].head;
    head.started = head.connection_started = packet.time;
    head.icmp_type = packet.icmp_type;
    head.icmp_code = packet.icmp_code;
    // An end that talks with itself has one direction only, whatever its flags say.
    const FlowKey& key = oriented.key;
    const bool one_end = key.low_ip == key.high_ip && key.low_port == key.high_port;
    const bool answers =
        packet.protocol == decode::protocol::kTcp && !one_end && (packet.tcp_flags & (kSyn | kAck)) == (kSyn | kAck);
    if (oriented.from_low != answers) head.set(head_flag::kForwardIsLow);
    wheel_.file(index, soonest_end(head));
    ++counters_.flows_started;
  }

  EndReason due_reason(const FlowHead& head, const decode::PacketView& packet) const {
    using namespace decode::tcp_flag;
    const base::Duration age = packet.time - head.started;
    const base::Duration silence = age - base::Duration(head.newest_us());
    const bool too_old = age > config_.active_timeout;
    if (head.has(head_flag::kClosed)) [[unlikely]] {
      const bool bare_syn = (packet.tcp_flags & (kSyn | kAck)) == kSyn;
      return bare_syn || silence > config_.linger || too_old ? EndReason::end_of_flow : EndReason::none;
    }
    if (silence > config_.idle_timeout) return EndReason::idle_timeout;
    if (too_old || head.all_packets() >= kMaxPacketsPerRecord) return EndReason::active_timeout;
    return EndReason::none;
  }

  // Ends the flow that has the packet's key if the packet shows that it is over, and begins the next in its record.
  void make_way(std::uint32_t index, const decode::PacketView& packet, const OrientedKey& oriented) {
    const EndReason reason = due_reason(table_[index].head, packet);
    if (reason == EndReason::none) [[likely]]
      return;
    Record& record = table_[index];
    report_end(index, record, reason);
    wheel_.remove(index);
    const FlowHead old = record.head;
    record = Record{};
    record.head.key = old.key;
    record.head.flags = static_cast<std::uint8_t>(old.flags & head_flag::kListed);
    begin(index, packet, oriented);
    if (reason == EndReason::active_timeout) {
      go_on(record.head, old);
    } else if (record.head.started == old.started) {
      record.head.generation = static_cast<std::uint8_t>(old.generation + 1);
    }
  }

  // An active cut: the new record is the same connection.
  static void go_on(FlowHead& head, const FlowHead& old) {
    head.clear(head_flag::kForwardIsLow);
    head.set(static_cast<std::uint8_t>(old.flags & head_flag::kForwardIsLow));
    head.connection_started = old.connection_started;
    head.generation = old.generation;
    head.tcp = old.tcp;
    head.next_seq[0] = old.next_seq[0];
    head.next_seq[1] = old.next_seq[1];
    head.icmp_type = old.icmp_type;
    head.icmp_code = old.icmp_code;
  }

  void take_in(std::uint32_t index, const decode::PacketView& packet, const OrientedKey& oriented) {
    Record& record = table_[index];
    FlowHead& head = record.head;
    PacketContext context;
    context.direction = head.direction(oriented.from_low);
    context.number = head.all_packets();
    const std::uint32_t newest = head.newest_us();
    const std::int64_t offset = (packet.time - head.started).count();
    const bool older = offset < std::int64_t{newest};
    context.offset_us = older ? newest : static_cast<std::uint32_t>(offset);
    context.gap_us = context.offset_us - newest;
    counters_.clamped_times += older;
    if (head.has(head_flag::kClosed)) ++counters_.lingering_packets;

    TcpStep step;
    if (packet.protocol == decode::protocol::kTcp && !packet.later_fragment) {
      step = follow_tcp(head, packet, context.direction);
    }
    context.retransmission = step.retransmission;
    observer_.packet(index, record, packet, context);

    head.last_us[context.direction] = context.offset_us;
    head.ip_bytes += packet.ip_bytes;
    ++head.packets[context.direction];
    if (context.number > 0) head.set(head_flag::kTouched);
    if (step.closes && !head.has(head_flag::kClosed)) {
      // The linger is shorter than the idle timeout as a rule: filed anew, or the record would stay for as long.
      head.set(head_flag::kClosed);
      refile(index, soonest_end(head));
    } else if (packet.time < tick_start_) [[unlikely]] {
      refile(index, soonest_end(head));
    }
    observer_.packet_taken(index, record);
  }

  // Second chance: a flow that had packets since it was filed goes to the end of its line, once for each filing.
  void evict() {
    for (std::int64_t tick = tick_;; ++tick) {
      for (std::uint32_t index; (index = wheel_.first(tick)) != Table::kNone;) {
        FlowHead& head = table_[index].head;
        if (!head.has(head_flag::kTouched)) return end(index, EndReason::evicted);
        refile(index, std::max(due_tick(head, head.last()), tick));
      }
    }
  }

  void refile(std::uint32_t index, std::int64_t tick) {
    wheel_.remove(index);
    wheel_.file(index, tick);
  }

  void report_end(std::uint32_t index, Record& record, EndReason reason) {
    ++counters_.flows_ended[static_cast<std::size_t>(reason)];
    observer_.end(index, record, reason);
  }

  void end(std::uint32_t index, EndReason reason) {
    Record& record = table_[index];
    const std::uint32_t next = wheel_.behind(index);
    report_end(index, record, reason);
    wheel_.remove(index);
    // The one behind it is often the next to end, and its slot lies anywhere: a flood that evicts for each packet spends a
    // quarter of its time waiting for that line.
    if (next != Table::kNone) table_.prefetch_slot(hash_(table_[next].head.key));
    table_.erase(index, hash_(record.head.key));
    guesses_hold_ = false;
  }

  const TrackerConfig config_;
  Observer& observer_;
  FlowHash hash_;
  Table table_;
  TimerWheel<Table> wheel_;
  TrackerCounters counters_;
  std::array<OrientedKey, kBatch>
      keys_;  // of the batch in hand: members, because clearing them for each batch costs 10 %
  std::array<std::uint64_t, kBatch> hashes_{};
  std::array<std::uint32_t, kBatch> guesses_{};  // which records they belong to, as the table was before the batch
  bool guesses_hold_ = true;                     // no record has been given back since
  std::int64_t tick_ = 0;
  base::Timestamp tick_start_;
};

}  // namespace weir::flow
