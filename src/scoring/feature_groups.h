// SPDX-License-Identifier: Apache-2.0
// Which features say the same thing in other words. Set one feature of a port scan to its median, and the score hardly moves: the
// others still tell of it. So the explainer takes a group away at once, and names it by its most telling member.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::scoring {

enum class FeatureGroup : std::uint8_t {
  fan_out,                                       // how many different hosts and ports
  answers,                                       // whether anybody answers
  rate,                                          // how many connections and packets
  volume,                                        // how many bytes, and which way
  regularity,                                    // how even the starts of connections are
  sessions,                                      // how alike sessions are
  open,                                          // connections held open
  share,                                         // who has to do with whom
  flow_size,                                     // of this flow: packets and bytes
  flow_timing,                                   // of this flow: gaps, duration, activity
  flow_flags,                                    // of this flow: TCP flags, headers, retransmissions
  beginning,                                     // of this flow: its first packets one by one
  other,                                         // not in the catalogue: a group of its own each
};

std::string_view to_string(FeatureGroup group);  // "fan-out", ...

FeatureGroup group_of(std::string_view feature);

}  // namespace weir::scoring
