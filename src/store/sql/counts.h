// SPDX-License-Identifier: Apache-2.0
// How many detections there are, by status and by attack type. Both statements read an index, not the rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "store/detection_store.h"

namespace weir::store::sql {

inline constexpr const char* kCountByStatus = "SELECT status, count(*) FROM detections GROUP BY status";
inline constexpr const char* kCountByAttackType =
    "SELECT attack_type, status, count(*) FROM detections WHERE attack_type IS NOT NULL GROUP BY attack_type, status "
    "ORDER BY 3 DESC, 1";

inline constexpr const char* kCountSuppressed =
    "SELECT attack_type, count(*) FROM detections WHERE suppressed_by IS NOT NULL AND status = 'anomaly' GROUP BY "
    "attack_type";

inline void add_status_count(const std::string& status, std::uint64_t count, DetectionCounts& counts) {
  counts.total += count;
  if (status == "anomaly") counts.anomaly += count;
  if (status == "unscored") counts.unscored += count;
  if (status == "normal") counts.normal += count;
}

// In the order of the statement. The attack-type model may have been asked about normal rows too: those do not count.
inline void add_attack_type_count(const std::string& attack_type, const std::string& status, std::uint64_t count,
                                  DetectionCounts& counts) {
  if (status == "anomaly") counts.by_attack_type.emplace_back(attack_type, count);
}

// What a rule hides is taken out of what was counted before.
inline void take_out_suppressed(const std::string& attack_type, std::uint64_t count, DetectionCounts& counts) {
  counts.suppressed += count;
  counts.anomaly -= std::min(count, counts.anomaly);
  for (auto& [type, number] : counts.by_attack_type) {
    if (type == attack_type) number -= std::min(count, number);
  }
  std::erase_if(counts.by_attack_type, [](const auto& entry) { return entry.second == 0; });
}

}  // namespace weir::store::sql
