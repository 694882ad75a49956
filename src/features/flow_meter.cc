// SPDX-License-Identifier: Apache-2.0
#include "features/flow_meter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/plain_bytes.h"
#include "features/flow_measure.h"
#include "features/flow_report.h"
#include "features/rows.h"
#include "flow/flow_tracker.h"
#include "flow/flow_uid_digest.h"

namespace weir::features {

using flow::EndReason;

base::Result<> check(const MeterConfig& config) {
  using std::chrono::hours, std::chrono::milliseconds, std::chrono::seconds;
  if (config.tick < milliseconds(100) || config.tick > hours(1))
    return base::fail("the tick must be between 0.1 s and 1 h");
  if (config.first_row < seconds(0) || config.first_row > config.tick ||
      (config.first_row > seconds(0) && config.tick % config.first_row != seconds(0))) {
    return base::fail("the tick must be a whole number of times the time to the first row");
  }
  if (config.first_row > seconds(0) && config.first_row < milliseconds(100)) {
    return base::fail("the time to the first row must be 0 (none) or at least 0.1 s");
  }
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
        first_rows_(config_.interim && config_.first_row > base::Duration(0)),
        slice_length_(first_rows_ ? config_.first_row : config_.tick),
        slices_per_tick_(config_.tick / slice_length_),
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
    if (now < slice_end_) [[likely]]
      return;
    const std::int64_t target = slice_of(now);
    if (slice_ != kNoSlice) close_slices_before(target);
    begin_slice(target);
    tick_open_ = true;
  }

  void finish(EndReason reason) {
    if (slice_ == kNoSlice) return;
    tracker_.end_all(reason);
    changed_.clear();
    young_.clear();
    hand_over_slice(true);
    slice_ = kNoSlice;
    slice_end_ = base::Timestamp::min();
  }

  base::Timestamp begin_saving() {
    next_to_save_ = 0;
    return slice_ == kNoSlice ? base::Timestamp::min() : slice_end_;
  }

  bool save_some(std::size_t records, std::vector<std::byte>& piece) {
    const std::uint32_t used = tracker_.used();
    for (; records > 0 && next_to_save_ < used; --records, ++next_to_save_) {
      if (!tracker_.is_open(next_to_save_)) continue;
      const Record& record = tracker_[next_to_save_];
      const bool has_tail = record.measure.tail != FlowMeasure::kNoTail;
      base::put_plain(piece, SavedFlow{record, reports_.report(next_to_save_), has_tail});
      if (has_tail) base::put_plain(piece, tails_[record.measure.tail]);
    }
    const bool more = next_to_save_ < used;
    // Rows of flows that have ended are in no piece: they must be on their way before whoever saves says that all is saved.
    if (!more && !batch_.empty()) hand_over();
    return more;
  }

  void settle() {
    if (slice_ == kNoSlice) return;
    for (const std::uint32_t index : young_) {
      if (!tracker_[index].head.has(flow::head_flag::kReported)) write_interim(index, tracker_[index]);
    }
    young_.clear();
    write_changes();
    hand_over_slice(true);
  }

  void restore_clock(base::Timestamp slice_end) {
    WEIR_CHECK(slice_ == kNoSlice);
    begin_slice(slice_of(slice_end - base::Duration(1)));
    tick_open_ = true;
  }

  bool restore(std::span<const std::byte> piece) {
    base::PlainReader reader(piece);
    while (!reader.empty()) {
      SavedFlow flow;
      FlowTail tail;
      if (!reader.take(flow) || (flow.has_tail && !reader.take(tail))) return false;
      restore(flow, tail);
    }
    return true;
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

  // A record that is needed soon: what of it lies elsewhere.
  void fetch(const Record& record) const { record.measure.fetch(tails_); }

  void packet(std::uint32_t index, Record& record, const decode::PacketView& packet,
              const flow::PacketContext& context) {
    ++counters_.packets;
    counters_.ip_bytes += packet.ip_bytes;
    record.measure.add(packet, context, record.head, tails_);
    if (config_.interim) mark_changed(index, record.head);
    if (context.number == 0 && first_rows_) young_.push_back(index);
  }

  void packet_taken(std::uint32_t index, Record& record) {
    if (record.head.all_packets() != config_.early_packets) [[likely]]
      return;
    write_interim(index, record);
  }

  // What is left of the flow in the lists is passed over: it has reported, and has not changed since.
  void end(std::uint32_t index, Record& record, EndReason reason) {
    write_row(index, record, RowKind::final, reason);
    record.head.clear(flow::head_flag::kChanged);
    record.measure.release(tails_);
  }

 private:
  static constexpr std::int64_t kNoSlice = INT64_MIN;

  struct SavedFlow {
    Record record;
    FlowReports::Report report;
    bool has_tail;  // then a FlowTail follows
  };

  void restore(const SavedFlow& saved, const FlowTail& tail) {
    const std::uint32_t index = tracker_.adopt(saved.record);
    if (index == Tracker::Table::kNone) return;
    ++counters_.flows_taken_up;
    Record& record = tracker_[index];
    record.measure.tail = FlowMeasure::kNoTail;
    if (saved.has_tail) tails_[record.measure.tail = tails_.take() & FlowMeasure::kNoTail] = tail;
    reports_.report(index) = saved.report;
    record.head.clear(flow::head_flag::kListed);
    if (record.head.has(flow::head_flag::kChanged)) mark_changed(index, record.head);
    if (first_rows_ && !record.head.has(flow::head_flag::kReported)) young_.push_back(index);
  }

  std::size_t packets_of_this_tick(std::span<const decode::PacketView> packets) const {
    std::size_t count = 1;
    while (count < packets.size() && packets[count].time < slice_end_) ++count;
    return count;
  }

  // The slice that holds `time`: it ends at the result x slice length. Likewise for ticks (FlowTracker::tick_of).
  std::int64_t slice_of(base::Timestamp time) const { return floor_div(base::to_us(time), slice_length_.count()) + 1; }
  std::int64_t last_slice_of_tick(std::int64_t slice) const {
    return (floor_div(slice - 1, slices_per_tick_) + 1) * slices_per_tick_;
  }
  static std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0); }

  void begin_slice(std::int64_t slice) {
    slice_ = slice;
    slice_end_ = base::Timestamp(slice * slice_length_);
    batch_.tick = slice_end_;
    tracker_.begin_tick(last_slice_of_tick(slice) / slices_per_tick_);
  }

  // Closes the current slice, and of those up to `target` the ones in which something can come without packets: a first row
  // while flows are young; ends at each tick while flows are open.
  void close_slices_before(std::int64_t target) {
    close_slice();
    while (slice_ + 1 < target) {
      std::int64_t next = target;
      if (!young_.empty()) {
        next = slice_ + 1;
      } else if (tick_open_ || tracker_.size() > 0) {
        next = last_slice_of_tick(slice_ + 1);
      }
      if (next >= target) return;
      begin_slice(next);
      close_slice();
    }
  }

  void close_slice() {
    const bool ends_tick = slice_ == last_slice_of_tick(slice_);
    if (ends_tick) tracker_.close_tick();
    if (!young_.empty()) write_first_rows();
    if (ends_tick) write_changes();
    hand_over_slice(ends_tick);
  }

  // A flow is given time for an answer: half a slice, unless TCP has closed it before.
  void write_first_rows() {
    std::size_t kept = 0;
    for (const std::uint32_t index : young_) {
      Record& record = tracker_[index];
      if (record.head.has(flow::head_flag::kReported)) continue;
      const bool due = record.head.started + config_.first_row / 2 <= slice_end_;
      if (due || record.head.has(flow::head_flag::kClosed)) {
        write_interim(index, record);
      } else {
        young_[kept++] = index;
      }
    }
    young_.resize(kept);
  }

  void write_changes() {
    for (const std::uint32_t index : changed_) {
      Record& record = tracker_[index];
      record.head.clear(flow::head_flag::kListed);
      // Not every listed flow is still there, nor unreported: it may have ended, or given an early row. A young one waits.
      if (!record.head.has(flow::head_flag::kChanged)) continue;
      if (first_rows_ && !record.head.has(flow::head_flag::kReported)) continue;
      write_interim(index, record);
    }
    changed_.clear();
  }

  void mark_changed(std::uint32_t index, flow::FlowHead& head) {
    head.set(flow::head_flag::kChanged);
    if (head.has(flow::head_flag::kListed)) return;
    head.set(flow::head_flag::kListed);
    changed_.push_back(index);
  }

  void write_interim(std::uint32_t index, Record& record) {
    write_row(index, record, RowKind::interim, EndReason::none);
    record.head.clear(flow::head_flag::kChanged);
  }

  void write_row(std::uint32_t index, Record& record, RowKind kind, EndReason reason) {
    RowNews news;
    if (config_.interim) news = reports_.take(index, record.head, record.measure, kind == RowKind::final);
    record.head.set(flow::head_flag::kReported);
    const Row row{identity(record.head, record.measure, reason), kind, news};
    if (config_.interim && news.none() && !config_.repeat_features) {
      batch_.add_without_values(row);
    } else {
      write_features(record.head, record.measure, tails_, batch_.add(row));
    }
    ++(kind == RowKind::final ? counters_.rows_final : counters_.rows_interim);
    if (batch_.size() == kMaxBatchRows) hand_over();
  }

  flow::FlowIdentity identity(const flow::FlowHead& head, const FlowMeasure& measure, EndReason reason) const {
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
    flow.packets_back = head.packets[flow::kBackward];
    flow.bytes_back = bytes_back(head, measure);
    flow.end_reason = reason;
    flow.icmp_type = head.icmp_type;
    flow.icmp_code = head.icmp_code;
    const bool continues = head.connection_started != head.started;
    flow.connection_uid = continues ? digest_(key, head.connection_started, head.generation) : flow.uid;
    return flow;
  }

  // Exact but for flows whose IP headers differ in length: what is neither payload nor transport header is shared out by
  // packets.
  static std::uint64_t bytes_back(const flow::FlowHead& head, const FlowMeasure& measure) {
    if (head.packets[flow::kForward] == 0) return head.ip_bytes;
    const auto carried = [](const DirectionMeasure& way) {
      return way.payload_bytes + std::uint64_t{way.header_words} * 4;
    };
    const std::uint64_t back = std::min<std::uint64_t>(carried(measure.backward), head.ip_bytes);
    const std::uint64_t both = std::min<std::uint64_t>(back + carried(measure.forward), head.ip_bytes);
    return back + (head.ip_bytes - both) * head.packets[flow::kBackward] / head.all_packets();
  }

  // A slice without rows goes out too, so that who joins several meters sees time pass; but not when nobody saw it begin.
  void hand_over_slice(bool ends_tick) {
    if (batch_.empty() && !tick_open_) return;
    batch_.last_of_slice = true;
    batch_.last_of_tick = ends_tick;
    counters_.ticks += ends_tick;
    hand_over();
    if (ends_tick) tick_open_ = false;
  }

  void hand_over() {
    sink_(batch_);
    batch_.clear();
    batch_.reserve(kMaxBatchRows);  // growing would copy; what no row needs is never touched
    batch_.tick = slice_end_;
  }

  const MeterConfig config_;
  const BatchSink sink_;
  const flow::FlowUidDigest digest_;
  const bool first_rows_;
  const base::Duration slice_length_;
  const std::int64_t slices_per_tick_;
  TailPool tails_;
  Tracker tracker_;
  FlowReports reports_;
  FeatureBatch batch_;
  std::uint32_t next_to_save_ = 0;
  std::vector<std::uint32_t> changed_;  // flows with packets since the last tick, in the order of their first
  std::vector<std::uint32_t> young_;    // flows that wait for their first row, in the order of their start
  std::int64_t slice_ = kNoSlice;
  base::Timestamp slice_end_ = base::Timestamp::min();
  bool tick_open_ = false;              // the current tick has begun, and was not handed over yet
  MeterCounters counters_;
};

FlowMeter::FlowMeter(MeterConfig config, BatchSink sink)
    : engine_(std::make_unique<Engine>(std::move(config), std::move(sink))) {}
FlowMeter::~FlowMeter() = default;
FlowMeter::FlowMeter(FlowMeter&&) noexcept = default;

void FlowMeter::add(std::span<const decode::PacketView> packets) { engine_->add(packets); }
void FlowMeter::advance(base::Timestamp now) { engine_->advance(now); }
void FlowMeter::finish(EndReason reason) { engine_->finish(reason); }
base::Timestamp FlowMeter::begin_saving() { return engine_->begin_saving(); }
bool FlowMeter::save_some(std::size_t records, std::vector<std::byte>& piece) {
  return engine_->save_some(records, piece);
}
void FlowMeter::settle() { engine_->settle(); }
void FlowMeter::restore_clock(base::Timestamp slice_end) { engine_->restore_clock(slice_end); }
bool FlowMeter::restore(std::span<const std::byte> piece) { return engine_->restore(piece); }
const MeterCounters& FlowMeter::counters() const { return engine_->counters(); }

}  // namespace weir::features
