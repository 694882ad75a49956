// SPDX-License-Identifier: Apache-2.0
// What the API learns of the running pipeline, without knowing it: a snapshot on demand, and events as they happen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace weir::api {

using NamedCounts = std::vector<std::pair<std::string, std::uint64_t>>;

// The loss account: every packet, row and detection is somewhere.
struct LossAccount {
  std::uint64_t packets_seen = 0;
  std::uint64_t packets_in_flows = 0;
  NamedCounts packets_rejected;             // by reason
  std::uint64_t kernel_drops = 0;           // not part of packets_seen
  std::uint64_t interface_drops = 0;        // not part of packets_seen
  std::uint64_t flows_started = 0, flows_ended = 0, flows_open = 0;
  std::uint64_t flows_taken_up = 0;         // open flows of an earlier run: started + taken up = ended + open
  std::uint64_t rows = 0, rows_scored = 0, rows_repeated = 0, rows_coalesced = 0, rows_queued = 0;
  NamedCounts rows_unscored;                // by reason
  std::uint64_t detections = 0, detections_stored = 0, detections_spooled = 0, detections_queued = 0,
                detections_lost = 0;
  std::uint64_t detections_of_earlier = 0;  // of earlier runs, waiting on the disk; not part of the sum
  bool balanced = true;                     // packets_seen = in flows + rejected; rows and detections likewise
};

// Events that were told to a sink: told = sent + waiting + refused + dropped + lost.
struct SinkStatus {
  std::string name, receiver;            // without secrets
  std::uint64_t told = 0, sent = 0;
  std::uint64_t waiting = 0;             // in memory or on disk
  std::uint64_t refused = 0;             // by the receiver, for good
  std::uint64_t dropped = 0;             // there was no room to keep them
  std::uint64_t lost = 0;                // damaged on the disk
  std::uint64_t waiting_of_earlier = 0;  // of earlier runs; not part of the sum
  std::uint64_t spool_bytes = 0;
  bool ok = true;
  std::string last_error;                // stays when it is ok again
};

// Of the open flows and hosts, that the next start goes on with.
struct CheckpointAccount {
  std::uint64_t taken = 0;
  std::optional<base::Timestamp> last_at;
  std::uint64_t flows = 0, bytes = 0;  // of the last one
  double seconds = 0;                  // until it was on the disk
  double longest_pause_s = 0;          // of a capture worker
};

// Of a threshold that follows slow drift.
struct AdaptationStatus {
  double base_threshold = 0;                  // as calibration, or the bundle, set it
  std::optional<base::Timestamp> changed_at;  // packet time; none: never
  std::uint64_t changes = 0;
  bool frozen = false;                        // something was flagged a short while ago
  double calm_hours = 0;                      // of the 24 that the next step needs
  std::string sentence;
};

struct StatusSnapshot {
  std::string version;
  std::string sensor;
  std::string source;  // name of the packet source
  bool live = false;
  std::string state;   // "running", "stopping", "finished" (all is read, scored and handed on), "failed"
  std::optional<std::string> problem;                     // in a sentence: capture damaged, store away, model failing
  double uptime_s = 0;
  std::optional<base::Timestamp> packet_time;             // newest packet time
  double progress = -1;                                   // of a file, 0-1; -1 unknown
  LossAccount loss;
  double capture_cpu_s = 0;                               // processor time of capture, decoding, flows and features
  double scoring_lag_s = 0;                               // age of the oldest row that waits, wall clock
  double rows_per_s_capacity = 0;                         // rows per second of scoring time, over the run
  std::string model_version, model_trained_on;
  double threshold = 0;
  std::string calibration;                                // how the model came to fit this network, in a sentence
  std::optional<AdaptationStatus> adaptation;             // none: the threshold stays as it is
  std::string store;                                      // describe()
  bool store_ok = true;
  std::optional<std::uint64_t> store_bytes;               // on disk; nothing until it was measured
  std::optional<base::Timestamp> store_oldest;            // when the oldest detection was found, wall clock
  std::uint64_t dropped_by_age = 0, dropped_by_size = 0;  // detections, by retention, since the start
  std::optional<std::string> upkeep_problem;              // why retention cannot do its work, in a sentence
  std::optional<CheckpointAccount> checkpoint;            // nothing: there are none here
  std::uint64_t rss_bytes = 0;
  std::vector<SinkStatus> sinks;
};

class StatusSource {
 public:
  virtual ~StatusSource() = default;
  virtual StatusSnapshot status() const = 0;  // any thread; microseconds
};

}  // namespace weir::api
