// SPDX-License-Identifier: Apache-2.0
// The family `host` of the catalogue: what the hosts around a flow did of late. schema.h puts it behind the other families;
// host_context.h says what the words mean, and computes it.
//
// The blocks are macros because names and meanings must be literals, and four keys and two windows are described alike.
#pragma once

#include <array>

#include "features/feature_spec.h"

namespace weir::features::catalogue {
using enum Family;
using enum ModelUse;

// clang-format off
#define WEIR_HOST_COUNTS(key, what, window)                                                                             \
  {key "_flows_" window "s", host, "flows", "", input,                                                                  \
   "connections " what " that began in the last " window " s", "flows(" key ", " window " s)"},                         \
  {key "_unanswered_share_" window "s", host, "ratio", "", input,                                                       \
   "share of them that got no packet back (at their first row; not to groups of hosts)",                                \
   "unanswered(" key ", " window " s) / flows"},                                                                        \
  {key "_refused_share_" window "s", host, "ratio", "", input,                                                          \
   "share of them that were answered by a TCP reset alone", "refused(" key ", " window " s) / flows"},                  \
  {key "_packets_" window "s", host, "packets", "", input,                                                              \
   "packets " what ", both ways, in the last " window " s", "packets(" key ", " window " s)"},                          \
  {key "_fwd_bytes_" window "s", host, "bytes", "", input,                                                              \
   "payload sent by the side that asked, " what ", in the last " window " s", "payload(" key ", fwd, " window " s)"},   \
  {key "_bwd_bytes_" window "s", host, "bytes", "", input,                                                              \
   "payload sent by the side that was asked, " what ", in the last " window " s",                                       \
   "payload(" key ", bwd, " window " s)"}

#define WEIR_HOST_SHAPE(key, what)                                                                                      \
  {key "_empty_share_60s", host, "ratio", "", input,                                                                    \
   "share of the connections " what " of the last 60 s without any payload (at their first row)",                       \
   "empty(" key ", 60 s) / flows"},                                                                                     \
  {key "_out_share_60s", host, "ratio", "", input,                                                                      \
   "share of the payload " what " of the last 60 s that the asking side sent",                                          \
   "payload(" key ", fwd, 60 s) / payload"},                                                                            \
  {key "_bytes_per_packet_60s", host, "bytes", "", input,                                                               \
   "payload of a packet " what " in the last 60 s", "payload(" key ", 60 s) / packets"},                                \
  {key "_bytes_per_row_60s", host, "bytes", "", input,                                                                 \
   "payload of a row " what " in the last 60 s", "payload(" key ", 60 s) / rows"}

#define WEIR_HOST_DISTINCT(key, name, what, window)                                                                     \
  {key "_" name "_" window "s", host, name, "", input,                                                                  \
   "different " what " in the last " window " s", "distinct(" key ", " name ", " window " s)"},                         \
  {key "_" name "_per_flow_" window "s", host, "ratio", "", input,                                                      \
   "different " what " for each connection of the last " window " s",                                                   \
   "min(1, distinct(" key ", " name ", " window " s) / flows)"}

#define WEIR_HOST_RECENT(key, what, change, changes)                                                                    \
  {key "_recent_flows", host, "flows", "", input,                                                                       \
   "connections " what " that the following columns rest on, 16 at most", "min(16, n(start, " key "))"},                \
  {key "_recent_gap_mean", host, "log2 us", "", input,                                                                  \
   "gap between the starts of the last connections " what, "recent mean(log2(1 + start gap))"},                         \
  {key "_recent_gap_std", host, "log2 us", "", input,                                                                   \
   "how irregular those gaps are", "recent std(log2(1 + start gap)) of 3 or more"},                                     \
  {key "_recent_fwd_mean", host, "log2 bytes", "", input,                                                               \
   "payload that the asking side sent in the last sessions " what, "recent mean(log2(1 + session payload, fwd))"},      \
  {key "_recent_fwd_std", host, "log2 bytes", "", input,                                                                \
   "how unlike those payloads are", "recent std(log2(1 + session payload, fwd)) of 3 or more"},                         \
  {key "_recent_bwd_mean", host, "log2 bytes", "", input,                                                               \
   "payload that the asked side sent in the last sessions " what, "recent mean(log2(1 + session payload, bwd))"},       \
  {key "_recent_bwd_std", host, "log2 bytes", "", input,                                                                \
   "how unlike those payloads are", "recent std(log2(1 + session payload, bwd)) of 3 or more"},                         \
  {key "_recent_time_mean", host, "log2 us", "", input,                                                                 \
   "duration of the last sessions " what, "recent mean(log2(1 + session duration))"},                                   \
  {key "_recent_time_std", host, "log2 us", "", input,                                                                  \
   "how unlike those durations are", "recent std(log2(1 + session duration)) of 3 or more"},                            \
  {key "_recent_unanswered_share", host, "ratio", "", input,                                                            \
   "share of the last connections " what " that got no packet back", "recent mean(unanswered)"},                        \
  {key "_recent_refused_share", host, "ratio", "", input,                                                               \
   "share of the last connections " what " that were answered by a TCP reset alone", "recent mean(refused)"},           \
  {key "_recent_" change "_changes", host, "ratio", "", input,                                                          \
   "share of the last connections " what " that " changes " than the one before", "recent mean(other " change ")"}

inline constexpr auto kHostFeatures = std::to_array<FeatureSpec>({
    WEIR_HOST_COUNTS("src", "of the source", "10"),
    WEIR_HOST_DISTINCT("src", "peers", "hosts that the source asked", "10"),
    WEIR_HOST_DISTINCT("src", "ports", "ports that the source asked", "10"),
    WEIR_HOST_COUNTS("src", "of the source", "60"),
    WEIR_HOST_DISTINCT("src", "peers", "hosts that the source asked", "60"),
    WEIR_HOST_DISTINCT("src", "ports", "ports that the source asked", "60"),
    WEIR_HOST_SHAPE("src", "of the source"),
    {"src_peer_concentration_60s", host, "ratio", "", input,
     "chance that two connections of the source of the last 60 s went to the same host", "simpson(src, peer, 60 s)"},
    {"src_port_concentration_60s", host, "ratio", "", input,
     "chance that two connections of the source of the last 60 s asked the same port", "simpson(src, port, 60 s)"},
    {"src_size_concentration_60s", host, "ratio", "", input,
     "chance that two connections of the source of the last 60 s began with the same payload",
     "simpson(src, first payload fwd, 60 s)"},
    {"src_errors_10s", host, "packets", "", input,
     "ICMP packets that told the source in the last 10 s that something cannot be reached", "icmp errors(src, 10 s)"},
    {"src_errors_60s", host, "packets", "", input,
     "ICMP packets that told the source in the last 60 s that something cannot be reached", "icmp errors(src, 60 s)"},
    {"src_errors_per_flow_60s", host, "ratio", "", input,
     "such ICMP packets for each connection of the source in the last 60 s", "icmp errors(src, 60 s) / flows"},
    {"src_open", host, "flows", "", input,
     "answered TCP connections of the source that are open", "open(src)"},
    WEIR_HOST_RECENT("src", "of the source", "peer", "went to another host"),
    {"src_recent_port_changes", host, "ratio", "", input,
     "share of the last connections of the source that asked another port than the one before", "recent mean(other port)"},

    WEIR_HOST_COUNTS("dst", "to the destination", "10"),
    WEIR_HOST_DISTINCT("dst", "peers", "hosts that asked the destination", "10"),
    WEIR_HOST_DISTINCT("dst", "ports", "ports asked of the destination", "10"),
    WEIR_HOST_COUNTS("dst", "to the destination", "60"),
    WEIR_HOST_DISTINCT("dst", "peers", "hosts that asked the destination", "60"),
    WEIR_HOST_DISTINCT("dst", "ports", "ports asked of the destination", "60"),
    WEIR_HOST_SHAPE("dst", "to the destination"),
    {"dst_peer_concentration_60s", host, "ratio", "", input,
     "chance that two connections to the destination of the last 60 s came from the same host", "simpson(dst, peer, 60 s)"},
    {"dst_open", host, "flows", "", input,
     "answered TCP connections to the destination that are open", "open(dst)"},

    WEIR_HOST_COUNTS("pair", "from this source to this destination", "10"),
    WEIR_HOST_DISTINCT("pair", "ports", "ports that this source asked of this destination", "10"),
    WEIR_HOST_COUNTS("pair", "from this source to this destination", "60"),
    WEIR_HOST_DISTINCT("pair", "ports", "ports that this source asked of this destination", "60"),
    WEIR_HOST_SHAPE("pair", "from this source to this destination"),
    {"pair_size_concentration_60s", host, "ratio", "", input,
     "chance that two connections of the pair of the last 60 s began with the same payload",
     "simpson(pair, first payload fwd, 60 s)"},
    {"pair_open", host, "flows", "", input,
     "answered TCP connections from this source to this destination that are open", "open(pair)"},
    WEIR_HOST_RECENT("pair", "from this source to this destination", "port", "asked another port"),
    {"pair_share_of_src_flows_60s", host, "ratio", "", input,
     "share of the source's connections of the last 60 s that went to this destination", "flows(pair, 60 s) / flows(src, 60 s)"},
    {"pair_share_of_dst_flows_10s", host, "ratio", "", input,
     "share of the destination's connections of the last 10 s that came from this source", "flows(pair, 10 s) / flows(dst, 10 s)"},
    {"pair_share_of_dst_flows_60s", host, "ratio", "", input,
     "share of the destination's connections of the last 60 s that came from this source", "flows(pair, 60 s) / flows(dst, 60 s)"},
    {"pair_share_of_dst_packets_10s", host, "ratio", "", input,
     "share of the destination's packets of the last 10 s that this source has to do with", "packets(pair, 10 s) / packets(dst, 10 s)"},
    {"pair_share_of_dst_packets_60s", host, "ratio", "", input,
     "share of the destination's packets of the last 60 s that this source has to do with", "packets(pair, 60 s) / packets(dst, 60 s)"},

    WEIR_HOST_COUNTS("service", "to this service", "10"),
    WEIR_HOST_DISTINCT("service", "peers", "hosts that asked this service", "10"),
    WEIR_HOST_COUNTS("service", "to this service", "60"),
    WEIR_HOST_DISTINCT("service", "peers", "hosts that asked this service", "60"),
    WEIR_HOST_SHAPE("service", "to this service"),
    {"service_peer_concentration_60s", host, "ratio", "", input,
     "chance that two connections to this service of the last 60 s came from the same host", "simpson(service, peer, 60 s)"},
    {"service_size_concentration_60s", host, "ratio", "", input,
     "chance that two connections to this service of the last 60 s began with the same payload",
     "simpson(service, first payload fwd, 60 s)"},
    {"service_open", host, "flows", "", input,
     "answered TCP connections to this service that are open", "open(service)"},
    WEIR_HOST_RECENT("service", "to this service", "peer", "came from another host"),
});
// clang-format on

#undef WEIR_HOST_COUNTS
#undef WEIR_HOST_SHAPE
#undef WEIR_HOST_DISTINCT
#undef WEIR_HOST_RECENT

}  // namespace weir::features::catalogue
