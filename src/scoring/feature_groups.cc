// SPDX-License-Identifier: Apache-2.0
#include "scoring/feature_groups.h"

#include <array>

#include "features/schema.h"

namespace weir::scoring {

namespace {

using enum FeatureGroup;

struct Rule {
  std::string_view part;  // of the name
  FeatureGroup group;
};

// The first part that a name contains decides.
constexpr Rule kHostRules[] = {
    {"_share_of_", share},
    {"_gap_", regularity},
    {"_peer_concentration", share},
    {"_port_concentration", fan_out},
    {"_size_concentration", sessions},
    {"_peers", fan_out},
    {"_ports", fan_out},
    {"_changes", fan_out},
    {"unanswered", answers},
    {"refused", answers},
    {"_errors", answers},
    {"_empty_", answers},
    {"_fwd_bytes", volume},
    {"_bwd_bytes", volume},
    {"_out_share", volume},
    {"_bytes_per_", volume},
    {"_open", open},
    {"_recent_flows", regularity},
    {"_flows_", rate},
    {"_packets_", rate},
    {"_recent_", sessions},
};
constexpr Rule kFlowRules[] = {
    {"_per_s", rate},      {"gap", flow_timing},   {"_us", flow_timing},   {"active", flow_timing},
    {"idle", flow_timing}, {"fin_", flow_flags},   {"syn_", flow_flags},   {"rst_", flow_flags},
    {"psh_", flow_flags},  {"ack_", flow_flags},   {"urg_", flow_flags},   {"cwr_", flow_flags},
    {"ece_", flow_flags},  {"header", flow_flags}, {"window", flow_flags}, {"retransmitted", flow_flags},
    {"icmp", flow_flags},
};

template <std::size_t N>
FeatureGroup first_match(const Rule (&rules)[N], std::string_view name, FeatureGroup otherwise) {
  for (const Rule& rule : rules) {
    if (name.find(rule.part) != std::string_view::npos) return rule.group;
  }
  return otherwise;
}

}  // namespace

std::string_view to_string(FeatureGroup group) {
  constexpr std::array<std::string_view, 13> kNames = {"fan-out",  "answers",          "rate",  "volume", "regularity",
                                                       "sessions", "open connections", "share", "size",   "timing",
                                                       "flags",    "beginning",        "other"};
  return kNames[static_cast<std::size_t>(group)];
}

FeatureGroup group_of(std::string_view feature) {
  const std::size_t index = features::find_feature(feature);
  if (index == features::kFeatureCount) return other;
  switch (features::kFeatures[index].family) {
    case features::Family::early: return beginning;
    case features::Family::host: return first_match(kHostRules, feature, rate);
    case features::Family::flow: return first_match(kFlowRules, feature, flow_size);
  }
  return other;
}

}  // namespace weir::scoring
