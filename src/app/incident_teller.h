// SPDX-License-Identifier: Apache-2.0
// The incident desk of a run: what it remembers is in the state folder, what an incident has become is asked of the store, and
// the sinks are told.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "app/sinks.h"
#include "base/result.h"
#include "sinks/incident_desk.h"
#include "store/detection_store.h"

namespace weir::app {

// Looks at the newest incidents of the store at once: a kill may have come before they were told. Those that are there when
// incidents are told for the first time, and those that are older than a day, are no news any more. `store` and `all` outlive it.
base::Result<std::unique_ptr<sinks::IncidentDesk>> open_incident_desk(const std::string& sensor,
                                                                      const std::filesystem::path& state_dir,
                                                                      store::DetectionStore& store, Sinks& all);

}  // namespace weir::app
