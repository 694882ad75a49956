// SPDX-License-Identifier: Apache-2.0
// Values as JSON, for the files that write it. Private to api/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "alerting/detection.h"
#include "base/clock.h"

namespace weir::api {

using Json = nlohmann::ordered_json;

// Text of the outside world (names in a bundle) may be broken UTF-8: replaced, never thrown.
std::string dump(const Json& json);

// 0.1f as a double would be written 0.10000000149011612: goes through its shortest text. Not finite: null.
Json number(float value);
Json number(double value);
Json number(std::optional<float> value);
Json time(base::Timestamp value);
Json time(std::optional<base::Timestamp> value);
Json text_or_null(std::string_view text);
Json detection_object(const alerting::Detection& detection);

}  // namespace weir::api
