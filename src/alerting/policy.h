// SPDX-License-Identifier: Apache-2.0
// Policy: from a verdict about a row to a detection, and whether it is kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "alerting/detection.h"
#include "alerting/suppression.h"

namespace weir::alerting {

enum class LogMode : std::uint8_t {
  anomalous,  // anomalous and unscored flows (the default)
  all,        // each flow
  sampled,    // as anomalous, and one in a hundred of the normal flows, chosen by flow_uid
};
std::string_view to_string(LogMode mode);
std::optional<LogMode> parse_log_mode(std::string_view text);

// What the bundle says about one attack type.
struct AttackFacts {
  Severity severity = Severity::medium;
  std::string technique;
};

struct PolicyConfig {
  std::string sensor = {};
  std::string model_version = {};
  LogMode log = LogMode::anomalous;
  std::function<AttackFacts(std::string_view attack_type)> attack_facts = {};
  const Suppressions* suppressions = nullptr;  // borrowed; null: nothing is hidden
};

class Policy {
 public:
  explicit Policy(PolicyConfig config) : config_(std::move(config)) {}
  // The same rules for what another version of the model says.
  Policy under(std::string model_version) const;

  // Whether a row with this status is worth keeping. The same flow gets the same answer each time.
  bool keeps(const features::Row& row, scoring::Status status) const;

  // `tick`: the packet time to which the row belongs; `features`: the model's inputs as measured.
  Detection detect(const features::Row& row, scoring::Verdict verdict, base::Timestamp tick, base::Timestamp scored_at,
                   std::vector<float> features) const;

 private:
  const PolicyConfig config_;
};

}  // namespace weir::alerting
