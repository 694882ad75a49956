// SPDX-License-Identifier: Apache-2.0
#include "alerting/detection.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace weir::alerting {

namespace {

constexpr std::array<std::string_view, 5> kSeverityNames = {"none", "low", "medium", "high", "critical"};

// Both orders are total over what they decide, so that merging does not depend on which row came first.
auto newness(const Detection& d) { return std::tuple(d.flow.last, d.flow.packets, d.flow.bytes, d.flow.end_reason); }

auto badness(const Detection& d) {
  const scoring::Verdict& v = d.verdict;
  const auto how_early = -base::to_us(d.scored_at);
  return std::tuple(v.status, v.margin, v.confidence.value_or(-1.0f), std::string_view(v.attack_type), how_early);
}

void take_verdict(Detection& into, const Detection& from) {
  into.scored_at = from.scored_at;
  into.verdict = from.verdict;
  into.severity = from.severity;
  into.technique = from.technique;
  into.model_version = from.model_version;
  into.features = from.features;
  into.suppressed_by = from.suppressed_by;
}

}  // namespace

std::string_view to_string(Severity severity) { return kSeverityNames[static_cast<std::size_t>(severity)]; }

std::optional<Severity> parse_severity(std::string_view text) {
  const auto found = std::find(kSeverityNames.begin(), kSeverityNames.end(), text);
  if (found == kSeverityNames.end()) return std::nullopt;
  return static_cast<Severity>(found - kSeverityNames.begin());
}

void merge(Detection& into, const Detection& other) {
  if (newness(other) > newness(into)) into.flow = other.flow;
  if (badness(other) > badness(into)) take_verdict(into, other);
  if (other.alerted_at) into.alerted_at = std::min(into.alerted_at.value_or(*other.alerted_at), *other.alerted_at);
}

}  // namespace weir::alerting
