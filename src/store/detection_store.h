// SPDX-License-Identifier: Apache-2.0
// DetectionStore: where detections are kept. Adapters: store/sqlite, store/postgres; both pass detection_store_contract.h.
//
// Every method may be called from any thread (an adapter pools its connections). Writing is idempotent by flow_uid: the
// stored row is alerting::merge() of all that was written for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alerting/detection.h"
#include "base/clock.h"
#include "base/result.h"
#include "store/incident_store.h"
#include "store/store_upkeep.h"

namespace weir::store {

struct ThroughputSample {             // one per sensor and tick
  base::Timestamp at;                 // end of the interval, packet time
  std::string sensor;
  double seconds = 0;                 // length of the interval
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;            // IP bytes
  std::uint64_t flows_started = 0;
  std::uint64_t flows_open = 0;       // at the end of the interval
  std::uint64_t rejected_packets = 0;
  std::uint64_t dropped_packets = 0;  // by the kernel or the interface
};

struct ModelRecord {    // what is needed to read old detections: the inputs' names and the baseline of the bundle
  std::string version;  // "name@version"
  std::string trained_on;
  std::vector<std::string> feature_names;
  std::vector<float> medians;  // of benign training rows, per feature
  std::vector<float> lows;     // 1st percentile
  std::vector<float> highs;    // 99th percentile
  double threshold = 0;
  bool higher_is_worse = false;
  base::Timestamp loaded_at;
};

struct WriteBatch {
  std::vector<alerting::Detection> detections;
  std::vector<ThroughputSample> throughput;
  bool empty() const { return detections.empty() && throughput.empty(); }
};

struct DetectionQuery {                     // conditions are joined by AND
  std::optional<base::Timestamp> from, to;  // on last_seen_at: from <= t < to
  std::optional<scoring::Status> status;
  std::optional<std::string> attack_type;
  std::optional<alerting::Severity> at_least;
  std::optional<base::IpAddress> host;  // source or destination
  std::optional<std::string> flow_id;
  std::optional<std::string> community_id;
  std::optional<std::string> text;      // part of flow_id, attack type or technique, without regard to case
  std::optional<std::string> incident;  // the incident's present id
  std::optional<bool> suppressed;       // whether a rule hides it
  std::uint32_t limit = 100;            // 1 to 1000
  std::string cursor;                   // empty: from the newest on; else DetectionPage::next_cursor of the page before
};

struct DetectionPage {                  // newest first by (last_seen_at, flow_uid)
  std::vector<alerting::Detection> detections;
  std::string next_cursor;              // empty: this was the last page
};

struct DetectionCounts {
  std::uint64_t total = 0, anomaly = 0, unscored = 0, normal = 0;
  std::uint64_t suppressed = 0;  // anomalous, but hidden by a rule; not part of `anomaly`
  std::vector<std::pair<std::string, std::uint64_t>> by_attack_type;  // of the anomalous ones, most first
};

struct WriteOutcome {
  std::vector<alerting::Incident> incidents;  // that the batch began or changed
};

class DetectionStore : public IncidentStore, public StoreUpkeep {
 public:
  // All or nothing, in one transaction; the grouping into incidents too (alerting/incident_grouping.h).
  virtual base::Result<WriteOutcome> write(const WriteBatch& batch) = 0;
  virtual base::Result<> put_model(const ModelRecord& model) = 0;

  // A cursor that is not of this store is an error, as is a limit out of range.
  virtual base::Result<DetectionPage> find(const DetectionQuery& query) = 0;
  virtual base::Result<std::optional<alerting::Detection>> get(const flow::FlowUid& uid) = 0;
  virtual base::Result<DetectionCounts> counts() = 0;
  virtual base::Result<std::optional<ModelRecord>> model(const std::string& version) = 0;
  // Oldest first, from <= at < to; at most max_points (but one for each sensor): neighbouring samples of a sensor are
  // summed when there are more.
  virtual base::Result<std::vector<ThroughputSample>> throughput(base::Timestamp from, base::Timestamp to,
                                                                 std::uint32_t max_points) = 0;

  // Lets a write() or a piece of upkeep that waits for a far database fail soon, so that a stop keeps its deadline.
  virtual void interrupt() {}

  // For people, without a password: "SQLite weir.db", "PostgreSQL db at host".
  virtual std::string describe() const = 0;
};

}  // namespace weir::store
