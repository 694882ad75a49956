// SPDX-License-Identifier: Apache-2.0
// Grouping: which detections make one incident. A pure function of the set of detections, computed step by step.
//
// Two flows of one class of attack belong together when
//   - they have the same source, and no pause longer than the gap lies between them (or between flows that link them);
//   - they have the same target likewise, and that target is swarmed: at least `swarm` sources attack it. Denial of service
//     is grouped by target from the first source on, and by target alone.
// An incident is a set of flows that are linked so, directly or through others. Links are only ever added: a late flow can
// join an incident or bridge two, never split one. So neither order nor repetition nor a restart changes who belongs
// together; only the name of an incident depends on what came first. (A flow that changes its class leaves its incident;
// see regroup().)
//
//   flows ──▶ sessions by (class, source) and (class, target) ──▶ incidents, united where a session has two
//
// Cost: a look-up per distinct source and target in the batch, whatever the size of the incidents.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "alerting/incident_space.h"

namespace weir::alerting {

struct GroupingRules {
  base::Duration gap = std::chrono::minutes(30);  // a longer pause makes another incident
  std::size_t swarm = 32;                         // sources on one target that count as one actor
};

struct FlowChange {
  const Detection* before = nullptr;  // as stored, with its incident_id; null: it is new
  Detection* now = nullptr;           // merged; gets its incident_id
};

// Groups a batch (each flow once). Returns the incidents that it changed and that still have flows, by id.
// `wall` becomes their updated_at, and is part of new names: no two batches of one space may have the same.
std::vector<Incident> group(std::span<const FlowChange> changes, IncidentSpace& space, const GroupingRules& rules,
                            base::Timestamp wall);

// Sums a stale incident anew from `flows`, all that it has: without those that left it, it may be smaller, shorter, or
// several. The first of them keeps the id and what people said. (Sessions of a target that is not swarmed keep their
// length.) Sets the flows' incident_id.
std::vector<Incident> regroup(const std::string& id, std::span<Detection> flows, IncidentSpace& space,
                              const GroupingRules& rules, base::Timestamp wall);

}  // namespace weir::alerting
