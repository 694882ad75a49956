// SPDX-License-Identifier: Apache-2.0
#include "pipeline/capture_worker.h"

#include <algorithm>
#include <utility>

namespace weir::pipeline {

namespace {

using namespace std::chrono_literals;

// How long a quiet source may hold the worker before it looks at `stop` and at the clock.
constexpr auto kPatience = 100ms;

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
                             std::size_t number)
    : config_(std::move(config)),
      source_(std::move(source)),
      rows_(rows),
      number_(number),
      decoder_({.tunnels = config_.tunnels}),
      meter_(config_.meter, [this](features::FeatureBatch& batch) { hand_on(batch); }) {}

void CaptureWorker::run(const std::atomic<bool>& stop) {
  while (!ended_ && !stop.load(std::memory_order_relaxed)) {
    ++rounds_;
    const auto batch = source_->next(kPatience);
    if (!batch) {
      failure_ = batch.error().message();
      break;
    }
    take(within_limit(batch->packets));
    if (source_->live()) pass_time(wall_now() - kLiveDelay);
    ended_ = batch->state == capture::PacketSource::State::end || limit_reached();
    publish();
  }
  meter_.add(decoder_.finish());
  meter_.finish(flow::EndReason::forced);
  RowBatch nothing_more;
  nothing_more.worker = number_;
  nothing_more.last_of_worker = true;
  rows_.push(std::move(nothing_more));
  ended_ = true;
  publish();
}

std::span<const capture::RawPacket> CaptureWorker::within_limit(std::span<const capture::RawPacket> packets) const {
  if (config_.max_packets == 0) return packets;
  return packets.first(std::min<std::uint64_t>(packets.size(), config_.max_packets - taken_));
}

void CaptureWorker::take(std::span<const capture::RawPacket> packets) {
  taken_ += packets.size();
  if (!packets.empty()) packet_time_ = std::max(packet_time_.value_or(packets.back().time), packets.back().time);
  meter_.add(decoder_.decode(packets));
}

void CaptureWorker::pass_time(base::Timestamp now) {
  meter_.add(decoder_.advance(now));
  meter_.advance(now);
}

void CaptureWorker::hand_on(features::FeatureBatch& rows) {
  RowBatch batch;
  if (rows.last_of_tick) batch.throughput = throughput_until(tick_end(rows.tick, config_.meter.tick));
  batch.worker = number_;
  batch.rows = std::move(rows);
  rows.clear();
  rows_.push(std::move(batch));
}

// What happened since the last tick. The meter counts a packet before it closes the tick that the packet ends, so a sample
// may hold packets of one batch too many or too few; the sum over the run is exact.
store::ThroughputSample CaptureWorker::throughput_until(base::Timestamp tick) {
  const CaptureReport now = take_stock();
  const CaptureReport& before = at_last_tick_;
  const auto drops = [](const CaptureReport& r) { return r.source.kernel_drops + r.source.interface_drops; };
  store::ThroughputSample sample;
  sample.at = tick;
  sample.sensor = config_.meter.sensor;
  sample.seconds = std::chrono::duration<double>(config_.meter.tick).count();
  sample.packets = now.metered.packets - before.metered.packets;
  sample.bytes = now.metered.ip_bytes - before.metered.ip_bytes;
  sample.flows_started = now.metered.flows_started - before.metered.flows_started;
  sample.flows_open = now.metered.flows_open;
  sample.rejected_packets = now.decoded.rejected() - before.decoded.rejected();
  sample.dropped_packets = drops(now) - drops(before);
  at_last_tick_ = now;
  return sample;
}

CaptureReport CaptureWorker::take_stock() const {
  return {.source = source_->stats(),
          .decoded = decoder_.stats(),
          .metered = meter_.counters(),
          .packet_time = packet_time_,
          .failure = failure_,
          .ended = ended_,
          .rounds = rounds_};
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
