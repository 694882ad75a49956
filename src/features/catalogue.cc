// SPDX-License-Identifier: Apache-2.0
#include "features/catalogue.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "features/schema.h"

namespace weir::features {

namespace {

std::string_view name_of(ModelUse use) {
  constexpr std::array<std::string_view, 3> kNames = {"input", "duplicate", "contaminant"};
  return kNames[static_cast<std::size_t>(use)];
}

std::string hash_text() { return fmt::format("{:016x}", catalogue_hash()); }

constexpr std::string_view kIntroduction = R"(# Features

Made by `weir features --markdown` from `src/features/schema.h`: do not edit by hand.

A row describes one flow: bidirectional, named by IP version, addresses, ports, protocol, outer VLAN and tunnel id. The
columns stand in this order in `weir extract`'s CSV, after the columns that say who and when. A model bundle names the
columns it takes and the hash of this catalogue; weir refuses a bundle that was trained on other definitions.

## What the words mean

- **Time** is the packets' own, in microseconds. A packet that is older than the newest of its flow counts at the newest's
  time, so no gap is negative.
- **Forward** (fwd) is the direction of the flow's first packet, unless that packet is a SYN+ACK: then it is the other one.
  The record that follows an active cut keeps the direction.
- **Payload** is what follows the transport header, by the length in the IP header: neither Ethernet padding nor a short
  snap length changes it. Of one packet at most 65,535 bytes count.
- **A flow ends** after a silence of more than 120 s, when TCP closes (FIN from both sides, each acknowledged, or RST;
  stragglers within 5 s still belong to it, a new SYN does not), when the table is full, or when weir stops. One that lasts
  more than 120 s is cut into records.
- **n** counts packets, **gap** is the time between consecutive packets, **std** the sample standard deviation (n - 1), 0 for
  fewer than two values. The mean, extremes and deviation of nothing are 0.
- **Undefined** (an empty field in the CSV, NaN in a batch) is what the packets do not say: a rate over no time, the tenth
  packet of a flow of three. There is no Inf and no sentinel.
- **Sub-flow**: the parts of a flow between gaps above 1 s. **Active** and **idle**: the parts between gaps above 5 s, and
  those gaps; a part of a single packet is no active time; the silence after the last packet is not idle time.
- **Bulk**: at least 4 packets with payload in one direction, no gap above 1 s between them, no payload the other way in
  between. Its time runs from its first packet to its last.
- **Retransmitted**: a TCP packet that occupies sequence space, all of it at or below what its side has used. Keep-alives do
  not count.

For the family `host`:

- **src**, **dst**, **pair**, **service**: all flows of the row's source; to its destination; from this source to this
  destination; to this destination's port over this protocol. As of the end of the row's slice (1 s), over all flows of the
  sensor, within one VLAN and tunnel. Hosts are remembered as long as there is room (`--context-hosts`).
- **In the last 10 s, 60 s**: a window slides by two generations: what was counted since the last multiple of 10 s (60 s), and
  of the 10 s (60 s) before it the share that the window still covers, as if it had come evenly.
- Each row counts with what is new in it since its flow's last row, so a flow is counted once, however often it gives rows. A
  connection counts when its flow gives its first row, half a second to one and a half after its start: an answer has had time
  to come. What goes to a group of hosts (multicast, broadcast) and ICMP errors do not count as unanswered.
- **distinct** is an estimate: exact for a few, within some 10 % for thousands. **simpson** is the chance that two connections
  drawn from the window are alike.
- **recent**: over the last connections, whenever they were: the first eight count alike, then each for 1/8 of the mean. A
  *session* is a TCP connection that closed or was not answered, and the beginning (up to its first row) of any other flow.
- Undefined: a share of nothing; a spread of fewer than three. In final rows that bring nothing new, and when rows are taken at
  the ends of flows only (`weir extract` without `--interim`), the whole family is undefined.

The column *model* says whether models should see a feature: *input*, or not because it is a *duplicate* of another one or a
*contaminant*, which tells operating systems and tools apart rather than behaviour.
)";

void append_family(std::string& text, Family family, std::string_view heading) {
  text += fmt::format(
      "\n## {}\n\n| # | feature | unit | meaning | formula | CICFlowMeter's column | model "
      "|\n|---|---|---|---|---|---|---|\n",
      heading);
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    const FeatureSpec& spec = kFeatures[i];
    if (spec.family != family) continue;
    text += fmt::format("| {} | `{}` | {} | {} | {} | {} | {} |\n", i + 1, spec.name, spec.unit, spec.meaning,
                        spec.formula, spec.cic_alias, name_of(spec.use));
  }
}

void append_differences(std::string& text) {
  text +=
      "\n## Where CICFlowMeter differs\n\n"
      "CICFlowMeter 4 is the tool behind many public data sets. *The fork* is the corrected one by Engelen and "
      "others.\n"
      "What is not listed is computed alike, apart from where flows begin and end.\n\n";
  std::vector<std::string_view> told;
  for (const FeatureSpec& spec : kFeatures) {
    const std::string_view difference = cic_difference(spec.name);
    if (difference.empty() || std::find(told.begin(), told.end(), difference) != told.end()) continue;
    told.push_back(difference);
    std::string names;
    for (const FeatureSpec& other : kFeatures) {
      if (cic_difference(other.name) != difference) continue;
      names += fmt::format("{}`{}`", names.empty() ? "" : ", ", other.name);
    }
    text += fmt::format("- {}: {}\n", names, difference);
  }
}

}  // namespace

std::string_view to_string(Family family) {
  constexpr std::array<std::string_view, 3> kNames = {"flow", "early", "host"};
  return kNames[static_cast<std::size_t>(family)];
}

std::string catalogue_table() {
  std::size_t name_width = 0, unit_width = 0;
  for (const FeatureSpec& spec : kFeatures) {
    name_width = std::max(name_width, spec.name.size());
    unit_width = std::max(unit_width, spec.unit.size());
  }
  std::string text = fmt::format("{} features, catalogue {}\n\n", kFeatureCount, hash_text());
  for (const FeatureSpec& spec : kFeatures) {
    text += fmt::format("{:<{}}  {:<{}}  {:<5}  {:<11}  {}\n", spec.name, name_width, spec.unit, unit_width,
                        to_string(spec.family), name_of(spec.use), spec.meaning);
  }
  return text;
}

std::string catalogue_json() {
  nlohmann::ordered_json features = nlohmann::ordered_json::array();
  for (const FeatureSpec& spec : kFeatures) {
    features.push_back({{"name", spec.name},
                        {"family", to_string(spec.family)},
                        {"unit", spec.unit},
                        {"meaning", spec.meaning},
                        {"formula", spec.formula},
                        {"cic_alias", spec.cic_alias},
                        {"cic_difference", cic_difference(spec.name)},
                        {"model", name_of(spec.use)}});
  }
  return nlohmann::ordered_json{
      {"catalogue_hash", hash_text()}, {"semantics_version", kSemanticsVersion}, {"features", std::move(features)}}
      .dump(2);
}

std::string catalogue_markdown() {
  std::string text(kIntroduction);
  text += fmt::format("\n{} features; catalogue hash `{}`.\n", kFeatureCount, hash_text());
  append_family(text, Family::flow, "Family flow: all packets of a flow");
  append_family(text, Family::early, "Family early: the first 16 packets, one by one");
  append_family(text, Family::host, "Family host: what the hosts around the flow did of late");
  append_differences(text);
  return text;
}

}  // namespace weir::features
