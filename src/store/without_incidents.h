// SPDX-License-Identifier: Apache-2.0
// A DetectionStore that keeps no incidents and needs no upkeep: what tests of other things build their own stores on.
#pragma once

#include "store/detection_store.h"

namespace weir::store::test {

class WithoutIncidents : public DetectionStore {
 public:
  base::Result<IncidentPage> find_incidents(const IncidentQuery&) override { return IncidentPage(); }
  base::Result<std::optional<alerting::Incident>> incident(const std::string&) override {
    return std::optional<alerting::Incident>();
  }
  base::Result<std::vector<alerting::Incident>> related_incidents(const std::string&, std::uint32_t) override {
    return std::vector<alerting::Incident>();
  }
  base::Result<std::optional<alerting::Incident>> judge_incident(const std::string&, const Judgement&) override {
    return std::optional<alerting::Incident>();
  }
  base::Result<std::optional<std::vector<alerting::Incident>>> tidy_one_incident() override {
    return std::optional<std::vector<alerting::Incident>>();
  }
  base::Result<std::int64_t> add_feedback(const Feedback&) override { return 1; }
  base::Result<std::vector<Feedback>> feedback(std::uint32_t) override { return std::vector<Feedback>(); }
  base::Result<> put_suppression(const alerting::Suppression&) override { return {}; }
  base::Result<bool> remove_suppression(const std::string&) override { return false; }
  base::Result<std::vector<alerting::Suppression>> suppressions() override {
    return std::vector<alerting::Suppression>();
  }
  base::Result<StoreExtent> extent() override { return StoreExtent(); }
  base::Result<std::uint64_t> drop_detections(base::Timestamp, std::uint32_t) override { return 0; }
  base::Result<std::uint64_t> drop_throughput(std::optional<base::Duration>, std::uint32_t) override { return 0; }
  base::Result<std::uint64_t> drop_incidents(base::Timestamp, std::uint32_t) override { return 0; }
  base::Result<std::uint64_t> give_back(std::uint64_t) override { return 0; }
  base::Result<> vacuum() override { return {}; }
};

}  // namespace weir::store::test
