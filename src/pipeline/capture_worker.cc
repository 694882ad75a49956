// SPDX-License-Identifier: Apache-2.0
#include "pipeline/capture_worker.h"

#include <algorithm>
#include <utility>

#include "base/thread_time.h"

namespace weir::pipeline {

namespace {

using namespace std::chrono_literals;

// How long a quiet source may hold the worker before it looks at `stop` and at the clock.
constexpr auto kPatience = 100ms;
constexpr auto kPatienceWhileSaving = 1ms;

// A live packet reaches us up to this long after its time stamp (the kernel hands blocks over when they are full or old),
// so the clock that ends idle flows stays behind the wall by as much.
constexpr auto kLiveDelay = 1s;

// The end of the tick that a slice with this end lies in: a run may end within a tick.
base::Timestamp tick_end(base::Timestamp slice_end, base::Duration tick) {
  const std::int64_t last_us = base::to_us(slice_end) - 1, length = tick.count();
  return base::from_us((last_us / length - (last_us % length < 0) + 1) * length);
}

base::Timestamp wall_now() { return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now()); }

}  // namespace

CaptureWorker::CaptureWorker(CaptureConfig config, std::unique_ptr<capture::PacketSource> source, RowQueue& rows,
                             std::size_t first_number)
    : config_(std::move(config)),
      source_(std::move(source)),
      rows_(rows),
      first_number_(first_number),
      decoder_({.tunnels = config_.tunnels}),
      at_last_tick_(config_.meters),
      meters_(config_.meter, config_.meters,
              [this](std::size_t meter, features::FeatureBatch& batch) { hand_on(meter, batch); }) {}

void CaptureWorker::run(const std::atomic<bool>& stop) {
  while (!ended_ && !stop.load(std::memory_order_relaxed)) {
    ++rounds_;
    const auto batch = source_->next(saver_ && saver_->busy() ? kPatienceWhileSaving : kPatience);
    if (!batch) {
      failure_ = batch.error().message();
      break;
    }
    take(within_limit(batch->packets));
    if (source_->live()) pass_time(wall_now() - kLiveDelay);
    ended_ = batch->state == capture::PacketSource::State::end || limit_reached();
    publish();
    save_some();
  }
  meters_.add(decoder_.finish());
  publish();  // the last tick's throughput is told by it
  end_or_save();
  metered_ = true;
  for (std::size_t meter = 0; meter < meters_.size(); ++meter) {
    RowBatch nothing_more;
    nothing_more.worker = first_number_ + meter;
    nothing_more.last_of_worker = true;
    rows_.push(std::move(nothing_more));
  }
  ended_ = true;
  publish();
}

void CaptureWorker::save_with(Checkpointer& checkpointer) {
  saver_.emplace(checkpointer, meters_.only(), static_cast<std::uint32_t>(first_number_));
}

void CaptureWorker::restore_clock(base::Timestamp slice_end) {
  told_before_ = wall_now();
  meters_.only().restore_clock(slice_end);
}

bool CaptureWorker::restore(std::span<const std::byte> flows) {
  const bool understood = meters_.only().restore(flows);
  publish();
  return understood;
}

void CaptureWorker::save_some() {
  if (!saver_) return;
  if (const std::uint64_t checkpoint = saver_->step(); checkpoint != 0) mark(checkpoint);
}

// Rows before the mark are of flows as they were, or had ended, before they were saved.
void CaptureWorker::mark(std::uint64_t checkpoint) {
  RowBatch mark;
  mark.worker = first_number_;
  mark.checkpoint = checkpoint;
  rows_.push(std::move(mark));
}

// A source that failed or ended gives no more packets: its flows are over.
void CaptureWorker::end_or_save() {
  if (!saver_ || ended_ || failure_) meters_.finish(flow::EndReason::forced);
  if (!saver_) return;
  meters_.only().settle();
  saver_->save_all();
  mark(Checkpointer::kLast);
}

std::span<const capture::RawPacket> CaptureWorker::within_limit(std::span<const capture::RawPacket> packets) const {
  if (config_.max_packets == 0) return packets;
  return packets.first(std::min<std::uint64_t>(packets.size(), config_.max_packets - taken_));
}

void CaptureWorker::take(std::span<const capture::RawPacket> packets) {
  taken_ += packets.size();
  if (!packets.empty()) packet_time_ = std::max(packet_time_.value_or(packets.back().time), packets.back().time);
  meters_.add(decoder_.decode(packets));
}

void CaptureWorker::pass_time(base::Timestamp now) {
  meters_.add(decoder_.advance(now));
  meters_.advance(now);
}

// On the meter's thread.
void CaptureWorker::hand_on(std::size_t meter, features::FeatureBatch& rows) {
  RowBatch batch;
  const base::Timestamp tick = tick_end(rows.tick, config_.meter.tick);
  if (rows.last_of_tick && tick > told_before_) batch.throughput = throughput_until(meter, tick);
  batch.worker = first_number_ + meter;
  batch.rows = std::move(rows);
  rows = rows_.spare();
  rows_.push(std::move(batch));
}

// What happened since the meter's last tick. What was rejected or dropped is told with the first meter's, as of the reader's
// last report: a sample may hold some of a neighbouring tick's, the sum over the run is exact.
store::ThroughputSample CaptureWorker::throughput_until(std::size_t meter, base::Timestamp tick) {
  SeenBefore& before = at_last_tick_[meter];
  SeenBefore now{.metered = meters_.counters_of(meter)};
  if (meter == 0) {
    const CaptureReport reader = report();
    now.rejected = reader.decoded.rejected();
    now.dropped = reader.source.kernel_drops + reader.source.interface_drops;
  }
  store::ThroughputSample sample;
  sample.at = tick;
  sample.sensor = config_.meter.sensor;
  sample.seconds = std::chrono::duration<double>(config_.meter.tick).count();
  sample.packets = now.metered.packets - before.metered.packets;
  sample.bytes = now.metered.ip_bytes - before.metered.ip_bytes;
  sample.flows_started = now.metered.flows_started - before.metered.flows_started;
  sample.flows_open = now.metered.flows_open;
  sample.rejected_packets = now.rejected - before.rejected;
  sample.dropped_packets = now.dropped - before.dropped;
  before = now;
  return sample;
}

CaptureReport CaptureWorker::take_stock() const {
  CaptureReport now{.source = source_->stats(),
                    .decoded = decoder_.stats(),
                    .metered = meters_.counters(),
                    .packet_time = packet_time_,
                    .failure = failure_,
                    .ended = ended_,
                    .rounds = rounds_,
                    .cpu_time = base::thread_cpu_time() + meters_.cpu_time()};
  // When all is metered nothing is on the way any more: what is missing then is lost, and the account must say so.
  if (meters_.size() > 1 && !metered_) now.on_the_way = now.decoded.accepted - now.metered.packets;
  return now;
}

void CaptureWorker::publish() {
  CaptureReport now = take_stock();
  std::lock_guard lock(report_mutex_);
  report_ = std::move(now);
}

CaptureReport CaptureWorker::report() const {
  std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace weir::pipeline
