// SPDX-License-Identifier: Apache-2.0
// Detections for tests, and a way to compare them whole.
#pragma once

#include <string>

#include "alerting/detection.h"
#include "store/detection_store.h"

namespace weir::store::test {

inline constexpr base::Timestamp kStart = base::from_us(1'700'000'000'123'456);

flow::FlowUid uid_of(std::uint64_t n);  // scattered, as digests are

// An anomalous TCP flow, different for each n: it was last seen n seconds after kStart, from 10.x.y.z to 192.0.2.1:443.
alerting::Detection detection_of(std::uint64_t n);

// Everything there is in every field: IPv6, VLAN, tunnel, reasons, undefined values.
alerting::Detection full_detection();

// Every field in words, NaN included: two detections are the same exactly when their words are.
std::string in_words(const alerting::Detection& detection);
std::string in_words(const ThroughputSample& sample);

}  // namespace weir::store::test
