// SPDX-License-Identifier: Apache-2.0
// The JSON of incidents and of what people say of them; as json.h.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "alerting/incident.h"
#include "alerting/suppression.h"
#include "store/incident_store.h"

namespace weir::api {

std::string incident_json(const alerting::Incident& incident);
std::string incident_page_json(const store::IncidentPage& page);
// `worst`: its sample flows, as far as they are still stored, worst first.
std::string incident_detail_json(const alerting::Incident& incident, std::span<const alerting::Detection> worst,
                                 std::span<const alerting::Incident> related);

std::string suppression_json(const alerting::Suppression& suppression, base::Timestamp now);
std::string suppression_list_json(std::span<const alerting::Suppression> suppressions, base::Timestamp now);

struct SuppressionPreview {
  base::Timestamp from, to;     // of what was looked at, packet time
  std::uint64_t looked_at = 0;  // anomalous flows that no rule hides yet
  std::uint64_t would_hide = 0;
  bool complete = true;         // else there were more in that time
  std::vector<alerting::Detection> examples;
};
std::string suppression_preview_json(const SuppressionPreview& preview);

std::string feedback_json(const store::Feedback& feedback);
std::string feedback_list_json(std::span<const store::Feedback> feedback);

std::string host_json(const base::IpAddress& address, std::span<const alerting::Incident> incidents,
                      std::span<const alerting::Detection> detections);

}  // namespace weir::api
