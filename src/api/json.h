// SPDX-License-Identifier: Apache-2.0
// The JSON of the API, all in one place; openapi.yaml says what it means. Pure functions; a float is written with the
// fewest digits that give the same float, and one that is not finite as null.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "alerting/detection.h"
#include "api/status_source.h"
#include "base/clock.h"
#include "store/detection_store.h"

namespace weir::api {

std::string detection_json(const alerting::Detection& detection);
// `model`: the one that gave the verdict, when the store still knows it.
std::string detection_detail_json(const alerting::Detection& detection, const std::optional<store::ModelRecord>& model);
std::string detection_page_json(const store::DetectionPage& page);
std::string log_json(std::span<const alerting::Detection> detections);
std::string summary_json(const store::DetectionCounts& counts);

std::string throughput_point_json(const store::ThroughputSample& sample);
std::string throughput_json(std::span<const store::ThroughputSample> samples);

std::string status_json(const StatusSnapshot& status, base::Timestamp now);
std::string feature_catalogue_json();
std::string health_json(std::string_view version);
std::string problem_json(int status, std::string_view title, std::string_view detail);
std::string reason_json(std::string_view reason);  // of the stream's reset and bye

}  // namespace weir::api
