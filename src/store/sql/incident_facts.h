// SPDX-License-Identifier: Apache-2.0
// The column `facts` of an incident: what is summed and has no column of its own, as JSON.
#pragma once

#include <string>

#include "alerting/incident.h"
#include "base/result.h"

namespace weir::store::sql {

std::string facts_json(const alerting::Incident& incident);

// Sets those members. An error: that is no JSON of ours.
base::Result<> take_facts(const std::string& json, alerting::Incident& incident);

}  // namespace weir::store::sql
