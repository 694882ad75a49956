// SPDX-License-Identifier: Apache-2.0
// Events in the EVE JSON format of Suricata: one line each, without the line's end. Pure functions. docs/eve.schema.json says
// what they hold; what is weir's own stands under "weir".
#pragma once

#include <string>

#include "alerting/detection.h"
#include "sinks/event.h"

namespace weir::sinks {

// Of an anomalous flow. The signature id is made of the attack type and always the same for it; the flow_id is made of the
// flow_uid, and below 2^53 as Suricata's, so that programs in JavaScript read it as it is.
std::string eve_alert(const alerting::Detection& detection);

// Of an anomalous flow, for who wants those without an attack type told apart: Suricata's `anomaly` has no signature.
std::string eve_anomaly(const alerting::Detection& detection);

// Of a flow that has ended.
std::string eve_flow(const alerting::Detection& detection);

// Counts since the start, in Suricata's places where it has one for them.
std::string eve_stats(const SensorStats& stats);

// `apart`: alerts without an attack type are told as anomalies.
std::string eve_event(const Event& event, bool apart = false);

}  // namespace weir::sinks
