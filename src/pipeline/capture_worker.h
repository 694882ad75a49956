// SPDX-License-Identifier: Apache-2.0
// CaptureWorker: from the packets of one source to rows:
//
//   source -> decoder -> flow meter -> row queue                              on one thread: a ring of an interface
//   source -> decoder -> flow meters 1..N, by addresses and ports -> row queue    the meters on threads of their own: a file
//
// It shares nothing with other capture workers: each has its own source, decoder and flow tables.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "decode/decoder.h"
#include "features/meter_workers.h"
#include "pipeline/flow_saver.h"
#include "pipeline/row_queue.h"

namespace weir::pipeline {

// What a worker has seen, as of its last batch.
struct CaptureReport {
  capture::SourceStats source;
  decode::DecodeStats decoded;
  features::MeterCounters metered;
  std::uint64_t on_the_way = 0;                // packets that were decoded, and wait for their meter
  std::optional<base::Timestamp> packet_time;  // newest
  std::optional<std::string> failure;          // why the source failed, in a sentence
  bool ended = false;
  std::uint64_t rounds = 0;                    // how often the worker looked for packets
  std::chrono::nanoseconds cpu_time{0};        // of capture, decoding, flows and features
};

struct CaptureConfig {
  features::MeterConfig meter{};
  std::size_t meters = 1;                                // flow tables; several share the packets of one source
  decode::TunnelSet tunnels = decode::TunnelSet::all();  // those that are opened
  std::uint64_t max_packets = 0;                         // 0 = no limit
};

class CaptureWorker {
 public:
  // Its meters are known to the queue's reader as `first_number`, first_number + 1, ...
  CaptureWorker(CaptureConfig config, std::unique_ptr<capture::PacketSource> source, RowQueue& rows,
                std::size_t first_number = 0);

  // Before run(), of a live source with one meter: open flows are saved with each checkpoint.
  void save_with(Checkpointer& checkpointer);
  // Before run(): goes on with what an earlier run saved. end_taken_up() ends those flows at once.
  void restore_clock(base::Timestamp slice_end);
  bool restore(std::span<const std::byte> flows);
  void end_taken_up() { meters_.only().finish(flow::EndReason::forced); }

  // The thread's body: until the source ends, fails, or `stop` is set; then every open flow becomes a final row, or, if it is
  // stopped and saves checkpoints, is saved.
  void run(const std::atomic<bool>& stop);

  CaptureReport report() const;  // any thread
  const capture::PacketSource& source() const { return *source_; }

 private:
  void take(std::span<const capture::RawPacket> packets);
  void save_some();
  void mark(std::uint64_t checkpoint);
  void end_or_save();
  void pass_time(base::Timestamp now);
  std::span<const capture::RawPacket> within_limit(std::span<const capture::RawPacket> packets) const;
  bool limit_reached() const { return config_.max_packets != 0 && taken_ == config_.max_packets; }
  void hand_on(std::size_t meter, features::FeatureBatch& rows);
  store::ThroughputSample throughput_until(std::size_t meter, base::Timestamp tick);
  CaptureReport take_stock() const;
  void publish();

  // constant after construction
  const CaptureConfig config_;
  const std::unique_ptr<capture::PacketSource> source_;
  RowQueue& rows_;
  const std::size_t first_number_;

  // owned by the worker's thread
  decode::Decoder decoder_;
  std::uint64_t taken_ = 0;
  std::uint64_t rounds_ = 0;
  std::optional<base::Timestamp> packet_time_;
  std::optional<std::string> failure_;
  bool ended_ = false;
  bool metered_ = false;  // all of it

  // by meter, each owned by its meter's thread: what had been seen when its last tick closed
  struct SeenBefore {
    features::MeterCounters metered;
    std::uint64_t rejected = 0, dropped = 0;  // of the first meter only: they belong to none
  };
  std::vector<SeenBefore> at_last_tick_;

  // shared
  mutable std::mutex report_mutex_;  // taken once a batch; a queue would hold stale reports nobody asked for
  CaptureReport report_;

  std::optional<FlowSaver> saver_;   // the worker's thread's
  base::Timestamp told_before_ =
      base::Timestamp::min();        // the throughput of ticks until then was told by an earlier run

  features::MeterWorkers meters_;    // last: its threads use all of the above
};

}  // namespace weir::pipeline
