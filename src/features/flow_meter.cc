// SPDX-License-Identifier: Apache-2.0
#include "features/flow_meter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "features/flow_measure.h"
#include "features/rows.h"
#include "flow/flow_tracker.h"
#include "flow/flow_uid_digest.h"

namespace weir::features {

using flow::EndReason;

base::Result<> check(const MeterConfig& config) {
  using std::chrono::hours, std::chrono::milliseconds, std::chrono::seconds;
  if (config.tick < milliseconds(100) || config.tick > hours(1))
    return base::fail("the tick must be between 0.1 s and 1 h");
  if (config.idle_timeout < milliseconds(100) || config.idle_timeout > flow::kMaxActiveTimeout) {
    return base::fail("the idle timeout must be between 0.1 s and 1 h");
  }
  if (config.active_timeout < seconds(1) || config.active_timeout > flow::kMaxActiveTimeout) {
    return base::fail("the active timeout must be between 1 s and 1 h");
  }
  if (config.linger < seconds(0) || config.linger > seconds(60))
    return base::fail("the linger must be between 0 s and 60 s");
  if (config.max_flows < 16 || config.max_flows >= FlowMeasure::kMaxTails) {
    return base::fail("the most flows open at once must be between 16 and 16,777,214");
  }
  return {};
}

class FlowMeter::Engine {
 public:
  Engine(MeterConfig config, BatchSink sink)
      : config_(std::move(config)),
        sink_(std::move(sink)),
        digest_(config_.sensor),
        tracker_({config_.idle_timeout, config_.active_timeout, config_.linger, config_.tick, config_.max_flows},
                 *this) {
    const auto checked = check(config_);
    WEIR_CHECK(checked.has_value());
  }
  Engine(const Engine&) = delete;

  void add(std::span<const decode::PacketView> packets) {
    while (!packets.empty()) {
      advance(packets.front().time);
      const std::size_t count = packets_of_this_tick(packets.first(std::min(packets.size(), Tracker::kBatch)));
      tracker_.add(packets.first(count));
      packets = packets.subspan(count);
    }
  }

  void advance(base::Timestamp now) {
    if (now < tick_end_) [[likely]]
      return;
    if (tick_ == kNoTick) return begin_tick(tracker_.tick_of(now));
    close_tick();
    const std::int64_t target = tracker_.tick_of(now);
    // In the ticks in between nothing can come but ends: once all flows have ended they are passed over in one step.
    while (tracker_.size() > 0 && tick_ + 1 < target) {
      begin_tick(tick_ + 1);
      tracker_.close_tick();
      if (!batch_.empty()) hand_over_tick();
    }
    begin_tick(target);
  }

  void finish(EndReason reason) {
    if (tick_ == kNoTick) return;
    tracker_.end_all(reason);
    changed_.clear();
    hand_over_tick();
    tick_ = kNoTick;
    tick_end_ = base::Timestamp::min();
  }

  const MeterCounters& counters() {
    const flow::TrackerCounters& flows = tracker_.counters();
    counters_.flows_started = flows.flows_started;
    counters_.flows_ended = flows.flows_ended;
    counters_.flows_open = tracker_.size();
    counters_.clamped_times = flows.clamped_times;
    counters_.lingering_packets = flows.lingering_packets;
    return counters_;
  }

  // The tracker's observer.
  using Tracker = flow::FlowTracker<FlowMeasure, Engine>;
  using Record = flow::FlowTable<FlowMeasure>::Record;

  void packet(std::uint32_t index, Record& record, const decode::PacketView& packet,
              const flow::PacketContext& context) {
    ++counters_.packets;
    counters_.ip_bytes += packet.ip_bytes;
    record.measure.add(packet, context, record.head, tails_);
    if (config_.interim) mark_changed(index, record.head);
  }

  void packet_taken(Record& record) {
    if (record.head.all_packets() != config_.early_packets) [[likely]]
      return;
    write_row(record, RowKind::interim, EndReason::none);
    record.head.clear(flow::head_flag::kChanged);
  }

  void end(Record& record, EndReason reason) {
    record.head.clear(flow::head_flag::kChanged);
    write_row(record, RowKind::final, reason);
    record.measure.release(tails_);
  }

 private:
  static constexpr std::int64_t kNoTick = INT64_MIN;

  std::size_t packets_of_this_tick(std::span<const decode::PacketView> packets) const {
    std::size_t count = 1;
    while (count < packets.size() && packets[count].time < tick_end_) ++count;
    return count;
  }

  void begin_tick(std::int64_t tick) {
    tick_ = tick;
    tick_end_ = base::Timestamp(tick * config_.tick);
    batch_.tick = tick_end_;
    tracker_.begin_tick(tick);
  }

  void close_tick() {
    tracker_.close_tick();
    for (const std::uint32_t index : changed_) {
      Record& record = tracker_[index];
      record.head.clear(flow::head_flag::kListed);
      // Not every listed flow is still there, nor unreported: it may have ended, or given an early row.
      if (!record.head.has(flow::head_flag::kChanged)) continue;
      write_row(record, RowKind::interim, EndReason::none);
      record.head.clear(flow::head_flag::kChanged);
    }
    changed_.clear();
    hand_over_tick();
  }

  void mark_changed(std::uint32_t index, flow::FlowHead& head) {
    head.set(flow::head_flag::kChanged);
    if (head.has(flow::head_flag::kListed)) return;
    head.set(flow::head_flag::kListed);
    changed_.push_back(index);
  }

  void write_row(const Record& record, RowKind kind, EndReason reason) {
    write_features(record.head, record.measure, tails_, batch_.add({identity(record.head, reason), kind}));
    ++(kind == RowKind::final ? counters_.rows_final : counters_.rows_interim);
    if (batch_.size() == kMaxBatchRows) hand_over();
  }

  flow::FlowIdentity identity(const flow::FlowHead& head, EndReason reason) const {
    const bool forward_is_low = head.has(flow::head_flag::kForwardIsLow);
    const flow::FlowKey& key = head.key;
    flow::FlowIdentity flow;
    flow.uid = digest_(key, head.started, head.generation);
    flow.src_ip = forward_is_low ? key.low_ip : key.high_ip;
    flow.dst_ip = forward_is_low ? key.high_ip : key.low_ip;
    flow.src_port = forward_is_low ? key.low_port : key.high_port;
    flow.dst_port = forward_is_low ? key.high_port : key.low_port;
    flow.ip_version = key.ip_version;
    flow.protocol = key.protocol;
    flow.vlan = key.vlan;
    flow.tunnel_id = key.tunnel_id;
    flow.started = head.started;
    flow.last = head.last();
    flow.packets = head.all_packets();
    flow.bytes = head.ip_bytes;
    flow.end_reason = reason;
    flow.icmp_type = head.icmp_type;
    flow.icmp_code = head.icmp_code;
    const bool continues = head.connection_started != head.started;
    flow.connection_uid = continues ? digest_(key, head.connection_started, head.generation) : flow.uid;
    return flow;
  }

  void hand_over_tick() {
    batch_.last_of_tick = true;
    ++counters_.ticks;
    hand_over();
  }

  void hand_over() {
    sink_(batch_);
    batch_.clear();
    batch_.tick = tick_end_;
  }

  const MeterConfig config_;
  const BatchSink sink_;
  const flow::FlowUidDigest digest_;
  TailPool tails_;
  Tracker tracker_;
  FeatureBatch batch_;
  std::vector<std::uint32_t> changed_;  // flows with packets since the last tick, in the order of their first
  std::int64_t tick_ = kNoTick;
  base::Timestamp tick_end_ = base::Timestamp::min();
  MeterCounters counters_;
};

FlowMeter::FlowMeter(MeterConfig config, BatchSink sink)
    : engine_(std::make_unique<Engine>(std::move(config), std::move(sink))) {}
FlowMeter::~FlowMeter() = default;
FlowMeter::FlowMeter(FlowMeter&&) noexcept = default;

void FlowMeter::add(std::span<const decode::PacketView> packets) { engine_->add(packets); }
void FlowMeter::advance(base::Timestamp now) { engine_->advance(now); }
void FlowMeter::finish(EndReason reason) { engine_->finish(reason); }
const MeterCounters& FlowMeter::counters() const { return engine_->counters(); }

}  // namespace weir::features
