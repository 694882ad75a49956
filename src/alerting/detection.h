// SPDX-License-Identifier: Apache-2.0
// Detection: what weir says about one flow, as it is stored, streamed and shown. One per flow_uid: rows of the same flow
// merge into it, in any order and any number of times, with the same result (see merge()).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "features/feature_batch.h"
#include "flow/flow_identity.h"
#include "scoring/verdict.h"

namespace weir::alerting {

enum class Severity : std::uint8_t { none = 0, low = 1, medium = 2, high = 3, critical = 4 };
std::string_view to_string(Severity severity);  // "none" ... "critical"
std::optional<Severity> parse_severity(std::string_view text);

struct Detection {
  flow::FlowIdentity flow;    // uid, addresses, ports, times, packets, bytes, end reason: of the newest row
  std::string sensor;
  base::Timestamp scored_at;  // wall clock of the verdict
  std::optional<base::Timestamp> alerted_at;  // packet time of the tick at which the flow first was anomalous
  scoring::Verdict verdict;                   // of the worst row so far
  Severity severity = Severity::none;
  std::string technique;                      // ATT&CK id, such as "T1046"; may be empty
  std::string model_version;                  // "name@version" of the bundle that gave the verdict
  std::vector<float> features;  // the model's inputs as measured, in the order of that bundle's feature list
  std::string suppressed_by;    // the id of the rule that hides the worst row; empty: it counts
  std::string incident_id;      // set by the store, which groups; empty: it belongs to none
};

// Takes `other`, another detection of the same flow, into `into`. Facts of the flow follow the newest row, the verdict
// (with everything that explains it) follows the worst row: first by status, then by margin; alerted_at is the earliest.
// Commutative, associative and idempotent, so that writing twice or out of order is harmless.
void merge(Detection& into, const Detection& other);

}  // namespace weir::alerting
