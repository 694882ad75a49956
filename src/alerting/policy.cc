// SPDX-License-Identifier: Apache-2.0
#include "alerting/policy.h"

#include <algorithm>
#include <array>

namespace weir::alerting {

namespace {

constexpr std::array<std::string_view, 3> kLogModeNames = {"anomalous", "all", "sampled"};

// The uid is a digest, so its first bytes are as good as a random draw, and the draw is the same at every row and replay.
bool is_sampled(const flow::FlowUid& uid) {
  const unsigned draw = static_cast<unsigned>(uid.bytes[0]) << 8 | static_cast<unsigned>(uid.bytes[1]);
  return draw % 100 == 0;
}

}  // namespace

std::string_view to_string(LogMode mode) { return kLogModeNames[static_cast<std::size_t>(mode)]; }

std::optional<LogMode> parse_log_mode(std::string_view text) {
  const auto found = std::find(kLogModeNames.begin(), kLogModeNames.end(), text);
  if (found == kLogModeNames.end()) return std::nullopt;
  return static_cast<LogMode>(found - kLogModeNames.begin());
}

Policy Policy::under(std::string model_version) const {
  PolicyConfig config = config_;
  config.model_version = std::move(model_version);
  return Policy(std::move(config));
}

bool Policy::keeps(const features::Row& row, scoring::Status status) const {
  if (status != scoring::Status::normal || config_.log == LogMode::all) return true;
  return config_.log == LogMode::sampled && is_sampled(row.flow.uid);
}

Detection Policy::detect(const features::Row& row, scoring::Verdict verdict, base::Timestamp tick,
                         base::Timestamp scored_at, std::vector<float> features) const {
  Detection d;
  d.flow = row.flow;
  d.sensor = config_.sensor;
  d.scored_at = scored_at;
  d.model_version = config_.model_version;
  d.features = std::move(features);
  if (verdict.status == scoring::Status::anomaly) {
    d.alerted_at = tick;
    AttackFacts facts = config_.attack_facts(verdict.attack_type);
    d.severity = facts.severity;
    d.technique = std::move(facts.technique);
  }
  d.verdict = std::move(verdict);
  if (d.verdict.status == scoring::Status::anomaly && config_.suppressions != nullptr) {
    d.suppressed_by = config_.suppressions->first_match(d, scored_at);
  }
  return d;
}

}  // namespace weir::alerting
