// SPDX-License-Identifier: Apache-2.0
#include "features/meter_workers.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/thread_time.h"

namespace weir::features {

namespace {

// Rows can only come at multiples of this.
base::Duration step_of(const MeterConfig& config) {
  return config.interim && config.first_row > base::Duration(0) ? config.first_row : config.tick;
}

std::uint64_t half(const base::IpAddress& address, std::size_t which) {
  std::uint64_t value;
  std::memcpy(&value, address.bytes().data() + which * sizeof value, sizeof value);
  return value;
}

}  // namespace

MeterCounters& operator+=(MeterCounters& sum, const MeterCounters& more) {
  sum.packets += more.packets;
  sum.ip_bytes += more.ip_bytes;
  sum.flows_started += more.flows_started;
  sum.flows_open += more.flows_open;
  sum.flows_taken_up += more.flows_taken_up;
  for (std::size_t i = 0; i < sum.flows_ended.size(); ++i) sum.flows_ended[i] += more.flows_ended[i];
  sum.clamped_times += more.clamped_times;
  sum.lingering_packets += more.lingering_packets;
  sum.rows_interim += more.rows_interim;
  sum.rows_final += more.rows_final;
  sum.ticks = std::max(sum.ticks, more.ticks);  // all close the same ones
  return sum;
}

MeterWorkers::MeterWorkers(const MeterConfig& config, std::size_t workers, const Sink& sink) : step_(step_of(config)) {
  WEIR_CHECK(workers > 0);
  for (std::size_t i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(config, [i, sink](FeatureBatch& rows) { sink(i, rows); }));
  }
  if (alone()) return;
  for (auto& worker : workers_) worker->thread = std::thread([&worker = *worker] { run(worker); });
}

MeterWorkers::~MeterWorkers() {
  for (auto& worker : workers_) worker->full.close();
  for (auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

void MeterWorkers::run(Worker& worker) {
  const auto publish = [&worker] {
    std::lock_guard lock(worker.mutex);
    worker.counters = worker.meter.counters();
    worker.cpu_time = base::thread_cpu_time();
  };
  while (auto chunk = worker.full.pop()) {
    worker.meter.advance(chunk->now);
    worker.meter.add(chunk->packets);
    publish();
    chunk->packets.clear();
    worker.empty.try_push(*chunk);
  }
  if (worker.end != flow::EndReason::none) worker.meter.finish(worker.end);
  publish();
}

// Both ends alike, so that both directions of a flow meet. No secret: who could choose it would choose which of our threads
// has more to do, and the order of the rows would not be the same the next time.
std::size_t MeterWorkers::worker_of(const decode::PacketView& packet) const {
  const std::uint64_t addresses =
      (half(packet.src, 0) + half(packet.dst, 0)) * 0x9E3779B97F4A7C15 + half(packet.src, 1) + half(packet.dst, 1);
  const std::uint64_t ports = std::uint64_t{packet.src_port} + packet.dst_port;
  const std::uint64_t mixed = (addresses ^ ports << 40) * 0xD1B54A32D192ED03;
  return static_cast<std::size_t>((mixed >> 32) * workers_.size() >> 32);
}

void MeterWorkers::add(std::span<const decode::PacketView> packets) {
  if (alone()) return workers_.front()->meter.add(packets);
  for (const decode::PacketView& packet : packets) {
    if (packet.time >= step_end_) [[unlikely]]
      pass(packet.time);
    Worker& worker = *workers_[worker_of(packet)];
    worker.filling.packets.push_back(packet);
    if (worker.filling.packets.size() == kChunkPackets) hand_over(worker);
  }
}

void MeterWorkers::advance(base::Timestamp now) {
  if (alone()) return workers_.front()->meter.advance(now);
  if (now >= step_end_) pass(now);
}

// Who joins the rows of a slice waits for the last meter to close it: so each is told, also one that gets no packet for a while.
void MeterWorkers::pass(base::Timestamp time) {
  for (auto& worker : workers_) {
    if (!worker->filling.packets.empty()) hand_over(*worker);
    worker->filling.now = time;
    hand_over(*worker);
  }
  const std::int64_t us = base::to_us(time), step = step_.count();
  step_end_ = base::from_us((us / step - (us % step < 0) + 1) * step);
}

void MeterWorkers::hand_over(Worker& worker) {
  const base::Timestamp now = worker.filling.now;
  worker.full.push(std::move(worker.filling));
  auto spare = worker.empty.try_pop();
  worker.filling = spare ? std::move(*spare) : Chunk{};
  worker.filling.packets.reserve(kChunkPackets);
  worker.filling.now = now;
}

void MeterWorkers::finish(flow::EndReason reason) {
  if (alone()) return workers_.front()->meter.finish(reason);
  for (auto& worker : workers_) {
    hand_over(*worker);  // also without packets: time has passed
    worker->end = reason;
    worker->full.close();
  }
  for (auto& worker : workers_) worker->thread.join();
}

FlowMeter& MeterWorkers::only() {
  WEIR_CHECK(alone());
  return workers_.front()->meter;
}

MeterCounters MeterWorkers::counters() const {
  if (alone()) return workers_.front()->meter.counters();
  MeterCounters sum;
  for (const auto& worker : workers_) {
    std::lock_guard lock(worker->mutex);
    sum += worker->counters;
  }
  return sum;
}

std::chrono::nanoseconds MeterWorkers::cpu_time() const {
  std::chrono::nanoseconds sum{0};
  for (const auto& worker : workers_) {
    std::lock_guard lock(worker->mutex);
    sum += worker->cpu_time;
  }
  return sum;
}

}  // namespace weir::features
