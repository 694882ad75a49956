// SPDX-License-Identifier: Apache-2.0
// An alert in the EVE JSON format of Suricata: one line, without the line's end. A pure function. docs/eve.schema.json says
// what it holds; what is weir's own stands under "weir".
#pragma once

#include <string>

#include "alerting/detection.h"

namespace weir::sinks {

// Of an anomalous flow. The signature id is made of the attack type and always the same for it; the flow_id is made of the
// flow_uid, and below 2^53 as Suricata's, so that programs in JavaScript read it as it is.
std::string eve_alert(const alerting::Detection& detection);

}  // namespace weir::sinks
