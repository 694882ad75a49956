// SPDX-License-Identifier: Apache-2.0
// How many detections there are, by status and by attack type. Both statements read an index, not the rows.
#pragma once

#include <cstdint>
#include <string>

#include "store/detection_store.h"

namespace weir::store::sql {

inline constexpr const char* kCountByStatus = "SELECT status, count(*) FROM detections GROUP BY status";
inline constexpr const char* kCountByAttackType =
    "SELECT attack_type, status, count(*) FROM detections WHERE attack_type IS NOT NULL GROUP BY attack_type, status "
    "ORDER BY 3 DESC, 1";

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

}  // namespace weir::store::sql
