// SPDX-License-Identifier: Apache-2.0
// MeterWorkers: several flow meters, each on a thread of its own, for packets that come from one place (a file, a socket).
//
//   one thread reads and decodes ──chunks of PacketViews──▶ meter 0 ──rows──▶ sink(0, rows)    on that meter's thread
//                                 ╲─────────────────────▶ meter 1 ──rows──▶ sink(1, rows)
//
// A packet goes to the meter that its addresses and ports name, the same for both directions and for all fragments (after
// decoding, later fragments have the ports of the first, and a tunnel's packets their inner addresses). Every meter is told
// of each step of packet time that any packet passes, at that very place among its own packets: so the rows of all meters
// together are those of a single one (as long as no table is full).
//
// A single one needs no thread: it runs on the caller's, and so does its sink.
// Bounded: kChunks chunks wait for a meter, then add() waits. One thread calls add(), advance() and finish(); counters() any
// thread (but with a single meter: the caller's).
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "features/flow_meter.h"

namespace weir::features {

class MeterWorkers {
 public:
  // Called on the threads of the workers, by each in the order of its rows; may move the content out.
  using Sink = std::function<void(std::size_t worker, FeatureBatch&)>;

  MeterWorkers(const MeterConfig& config, std::size_t workers, const Sink& sink);
  ~MeterWorkers();  // without finish(): open flows are dropped

  void add(std::span<const decode::PacketView> packets);

  // Time has come to `now` without a packet (see FlowMeter::advance).
  void advance(base::Timestamp now);

  // All open flows end for `reason` (see FlowMeter::finish); returns when every row has been handed over.
  void finish(flow::EndReason reason);

  std::size_t size() const { return workers_.size(); }

  // The meter, when there is but one: it runs on the caller's thread.
  FlowMeter& only();
  MeterCounters counters() const;  // the sum, as of each worker's last chunk; final after finish()

  // Processor time of the threads that it made, likewise.
  std::chrono::nanoseconds cpu_time() const;

  // One worker's, up to date: for its sink, on its thread.
  const MeterCounters& counters_of(std::size_t worker) const { return workers_[worker]->meter.counters(); }

 private:
  static constexpr std::size_t kChunkPackets = 512;
  static constexpr std::size_t kChunks = 16;  // few: they go round, and stay in the caches meanwhile

  struct Chunk {
    base::Timestamp now;                      // time has come so far before these packets
    std::vector<decode::PacketView> packets;
  };

  struct Worker {
    Worker(const MeterConfig& config, BatchSink sink) : meter(config, std::move(sink)) {}

    Chunk filling;                                // the caller's
    base::BoundedQueue<Chunk> full{kChunks};
    base::BoundedQueue<Chunk> empty{kChunks + 2};
    FlowMeter meter;                              // the worker's thread's
    flow::EndReason end = flow::EndReason::none;  // set before `full` is closed
    mutable std::mutex mutex;                     // taken once a chunk
    MeterCounters counters;                       // guarded by mutex
    std::chrono::nanoseconds cpu_time{0};         // likewise
    std::thread thread;
  };

  bool alone() const { return workers_.size() == 1; }
  static void run(Worker& worker);
  void pass(base::Timestamp time);
  void hand_over(Worker& worker);
  std::size_t worker_of(const decode::PacketView& packet) const;

  const base::Duration step_;
  base::Timestamp step_end_ = base::Timestamp::min();
  std::vector<std::unique_ptr<Worker>> workers_;
};

MeterCounters& operator+=(MeterCounters& sum, const MeterCounters& more);

}  // namespace weir::features
