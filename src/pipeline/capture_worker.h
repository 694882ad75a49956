// SPDX-License-Identifier: Apache-2.0
// CaptureWorker: one thread from packets to rows: source -> decoder -> flow meter -> row queue. It shares nothing with
// other workers; each has its own source (a ring), decoder and flow table.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "capture/packet_source.h"
#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "pipeline/row_queue.h"

namespace weir::pipeline {

// What a worker has seen, as of its last batch.
struct CaptureReport {
  capture::SourceStats source;
  decode::DecodeStats decoded;
  features::MeterCounters metered;
  std::optional<base::Timestamp> packet_time;  // newest
  std::optional<std::string> failure;          // why the source failed, in a sentence
  bool ended = false;
  std::uint64_t rounds = 0;                    // how often the worker looked for packets
};

struct CaptureConfig {
  features::MeterConfig meter{};
  decode::TunnelSet tunnels = decode::TunnelSet::all();  // those that are opened
  std::uint64_t max_packets = 0;                         // 0 = no limit
};

class CaptureWorker {
 public:
  // `number`: among the workers that share the queue.
  CaptureWorker(CaptureConfig config, std::unique_ptr<capture::PacketSource> source, RowQueue& rows,
                std::size_t number = 0);

  // The thread's body: until the source ends, fails, or `stop` is set; then every open flow becomes a final row.
  void run(const std::atomic<bool>& stop);

  CaptureReport report() const;  // any thread
  const capture::PacketSource& source() const { return *source_; }

 private:
  void take(std::span<const capture::RawPacket> packets);
  void pass_time(base::Timestamp now);
  std::span<const capture::RawPacket> within_limit(std::span<const capture::RawPacket> packets) const;
  bool limit_reached() const { return config_.max_packets != 0 && taken_ == config_.max_packets; }
  void hand_on(features::FeatureBatch& rows);
  store::ThroughputSample throughput_until(base::Timestamp tick);
  CaptureReport take_stock() const;
  void publish();

  // constant after construction
  const CaptureConfig config_;
  const std::unique_ptr<capture::PacketSource> source_;
  RowQueue& rows_;
  const std::size_t number_;

  // owned by the worker's thread
  decode::Decoder decoder_;
  features::FlowMeter meter_;
  std::uint64_t taken_ = 0;
  std::uint64_t rounds_ = 0;
  std::optional<base::Timestamp> packet_time_;
  CaptureReport at_last_tick_;
  std::optional<std::string> failure_;
  bool ended_ = false;

  // shared
  mutable std::mutex report_mutex_;  // taken once a batch; a queue would hold stale reports nobody asked for
  CaptureReport report_;
};

}  // namespace weir::pipeline
