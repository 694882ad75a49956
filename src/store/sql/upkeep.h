// SPDX-License-Identifier: Apache-2.0
// Dropping what is old, in the words of both databases; each call within a transaction of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "store/sql/session.h"

namespace weir::store::sql {

// The wall-clock time at which the oldest detection that may be dropped was scored.
std::optional<base::Timestamp> oldest_scored(Session& session);

std::uint64_t drop_detections(Session& session, base::Timestamp scored_before, std::uint32_t limit);
std::uint64_t drop_throughput(Session& session, std::optional<base::Duration> age, std::uint32_t limit);
std::uint64_t drop_incidents(Session& session, base::Timestamp changed_before, std::uint32_t limit);

}  // namespace weir::store::sql
