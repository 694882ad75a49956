// SPDX-License-Identifier: Apache-2.0
// Verdict: what the models say about one row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::scoring {

// Order = how bad: when two rows of one flow disagree, the worse status is kept.
enum class Status : std::uint8_t { normal = 0, unscored = 1, anomaly = 2 };
std::string_view to_string(Status status);
std::optional<Status> parse_status(std::string_view text);

// Why a row has no score. Never reported as normal.
enum class UnscoredReason : std::uint8_t { none = 0, model_failed = 1, output_not_finite = 2, overload = 3 };
std::string_view to_string(UnscoredReason reason);

// One reason of an alert: a feature of the row that is far from what training saw as normal.
struct Reason {
  std::string feature;
  float value = 0;          // as measured; NaN when it was undefined (imputed)
  float median = 0;         // training median
  float low = 0, high = 0;  // the normal range: 1st and 99th percentile of benign training rows
  float contribution =
      0;  // how much the score moves towards normal when this feature is set to its median; unit of the score
};

// False for a value that normal traffic has too: what the models make of it together with others may still be a reason.
inline bool beyond_normal(const Reason& reason) { return reason.value < reason.low || reason.value > reason.high; }

struct Verdict {
  Status status = Status::unscored;
  UnscoredReason unscored_reason = UnscoredReason::none;
  float score = 0;               // raw output of the anomaly model; meaningless when unscored
  float margin = 0;              // distance beyond the threshold on the anomalous side. Negative for a normal row, and
                                 // for an anomalous one that only the attack-type model recognised (cascade off)
  std::optional<float> p_value;  // share of benign training rows that score at least as anomalous
  std::string attack_type;       // label of the attack-type model; "unknown" below its bound; empty when not asked
  std::optional<float> confidence;  // of attack_type, 0-1
  std::vector<Reason> reasons;      // worst first; only for anomalous rows
};

}  // namespace weir::scoring
