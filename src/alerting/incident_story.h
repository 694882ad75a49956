// SPDX-License-Identifier: Apache-2.0
// An incident in words: a title of one line, and a story of a few sentences. Pure functions; they promise no fixed wording.
#pragma once

#include <span>
#include <string>

#include "alerting/incident.h"

namespace weir::alerting {

// "Scan of 3 hosts by 10.0.0.5"
std::string title(const Incident& incident);

// What happened, how much and how fast, and what gave it away: the reasons of `worst`, its worst flows.
std::string story(const Incident& incident, std::span<const Detection> worst);

}  // namespace weir::alerting
