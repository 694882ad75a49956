// SPDX-License-Identifier: Apache-2.0
// THE ordered list of what weir measures. A row of a FeatureBatch holds these numbers in this order; so does the CSV, so do
// the training data, and a model's contract names them. Light on purpose: everybody includes it.
//
// To add a feature: an accumulator in its family's file, one row here (family host: in host_schema.h), one assignment in
// rows.cc (host_context.cc). A changed meaning under an
// old name needs a higher kSemanticsVersion. Either way catalogue_hash() changes, and an old model refuses to load.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "features/feature_spec.h"
#include "features/host_schema.h"

namespace weir::features {

// Raise it when a formula's words stay and its result changes.
inline constexpr std::uint32_t kSemanticsVersion = 1;

inline constexpr std::size_t kEarlyPackets = 16;

// Undefined: the packets do not say (a rate over no time, a packet that never came). Never Inf, never a sentinel.
inline constexpr float kUndefined = std::numeric_limits<float>::quiet_NaN();

namespace catalogue {
using enum Family;
using enum ModelUse;

// clang-format off
inline constexpr auto kFlowFeatures = std::to_array<FeatureSpec>({
    {"flow_duration_us", flow, "us", "Flow Duration", input,
     "time from the first to the last packet", "t_last - t_first"},
    {"fwd_packets", flow, "packets", "Total Fwd Packet", input,
     "packets sent by the source", "n(fwd)"},
    {"bwd_packets", flow, "packets", "Total Bwd packets", input,
     "packets sent by the destination", "n(bwd)"},
    {"fwd_payload_bytes", flow, "bytes", "Total Length of Fwd Packet", input,
     "payload sent by the source", "sum(payload, fwd)"},
    {"bwd_payload_bytes", flow, "bytes", "Total Length of Bwd Packet", input,
     "payload sent by the destination", "sum(payload, bwd)"},
    {"fwd_payload_max_bytes", flow, "bytes", "Fwd Packet Length Max", input,
     "largest payload of a forward packet", "max(payload, fwd)"},
    {"fwd_payload_min_bytes", flow, "bytes", "Fwd Packet Length Min", input,
     "smallest payload of a forward packet", "min(payload, fwd)"},
    {"fwd_payload_mean_bytes", flow, "bytes", "Fwd Packet Length Mean", input,
     "mean payload of a forward packet", "mean(payload, fwd)"},
    {"fwd_payload_std_bytes", flow, "bytes", "Fwd Packet Length Std", input,
     "standard deviation of the payload of a forward packet", "std(payload, fwd)"},
    {"bwd_payload_max_bytes", flow, "bytes", "Bwd Packet Length Max", input,
     "largest payload of a backward packet", "max(payload, bwd)"},
    {"bwd_payload_min_bytes", flow, "bytes", "Bwd Packet Length Min", input,
     "smallest payload of a backward packet", "min(payload, bwd)"},
    {"bwd_payload_mean_bytes", flow, "bytes", "Bwd Packet Length Mean", input,
     "mean payload of a backward packet", "mean(payload, bwd)"},
    {"bwd_payload_std_bytes", flow, "bytes", "Bwd Packet Length Std", input,
     "standard deviation of the payload of a backward packet", "std(payload, bwd)"},
    {"flow_payload_bytes_per_s", flow, "bytes/s", "Flow Bytes/s", input,
     "payload of both directions over the duration", "sum(payload) / duration"},
    {"flow_packets_per_s", flow, "packets/s", "Flow Packets/s", input,
     "packets of both directions over the duration", "n / duration"},
    {"flow_gap_mean_us", flow, "us", "Flow IAT Mean", input,
     "mean gap between consecutive packets of the flow", "mean(gap)"},
    {"flow_gap_std_us", flow, "us", "Flow IAT Std", input,
     "standard deviation of the gap between consecutive packets of the flow", "std(gap)"},
    {"flow_gap_max_us", flow, "us", "Flow IAT Max", input,
     "largest gap between consecutive packets of the flow", "max(gap)"},
    {"flow_gap_min_us", flow, "us", "Flow IAT Min", input,
     "smallest gap between consecutive packets of the flow", "min(gap)"},
    {"fwd_gap_total_us", flow, "us", "Fwd IAT Total", input,
     "time from the first to the last forward packet", "sum(gap, fwd)"},
    {"fwd_gap_mean_us", flow, "us", "Fwd IAT Mean", input,
     "mean gap between consecutive forward packets", "mean(gap, fwd)"},
    {"fwd_gap_std_us", flow, "us", "Fwd IAT Std", input,
     "standard deviation of the gap between consecutive forward packets", "std(gap, fwd)"},
    {"fwd_gap_max_us", flow, "us", "Fwd IAT Max", input,
     "largest gap between consecutive forward packets", "max(gap, fwd)"},
    {"fwd_gap_min_us", flow, "us", "Fwd IAT Min", input,
     "smallest gap between consecutive forward packets", "min(gap, fwd)"},
    {"bwd_gap_total_us", flow, "us", "Bwd IAT Total", input,
     "time from the first to the last backward packet", "sum(gap, bwd)"},
    {"bwd_gap_mean_us", flow, "us", "Bwd IAT Mean", input,
     "mean gap between consecutive backward packets", "mean(gap, bwd)"},
    {"bwd_gap_std_us", flow, "us", "Bwd IAT Std", input,
     "standard deviation of the gap between consecutive backward packets", "std(gap, bwd)"},
    {"bwd_gap_max_us", flow, "us", "Bwd IAT Max", input,
     "largest gap between consecutive backward packets", "max(gap, bwd)"},
    {"bwd_gap_min_us", flow, "us", "Bwd IAT Min", input,
     "smallest gap between consecutive backward packets", "min(gap, bwd)"},
    {"fwd_psh_packets", flow, "packets", "Fwd PSH Flags", input,
     "forward packets with PSH set", "n(PSH, fwd)"},
    {"bwd_psh_packets", flow, "packets", "Bwd PSH Flags", input,
     "backward packets with PSH set", "n(PSH, bwd)"},
    {"fwd_urg_packets", flow, "packets", "Fwd URG Flags", input,
     "forward packets with URG set", "n(URG, fwd)"},
    {"bwd_urg_packets", flow, "packets", "Bwd URG Flags", input,
     "backward packets with URG set", "n(URG, bwd)"},
    {"fwd_rst_packets", flow, "packets", "Fwd RST Flags", input,
     "forward packets with RST set", "n(RST, fwd)"},
    {"bwd_rst_packets", flow, "packets", "Bwd RST Flags", input,
     "backward packets with RST set", "n(RST, bwd)"},
    {"fwd_l4_header_bytes", flow, "bytes", "Fwd Header Length", input,
     "transport headers of all forward packets", "sum(l4_header, fwd)"},
    {"bwd_l4_header_bytes", flow, "bytes", "Bwd Header Length", input,
     "transport headers of all backward packets", "sum(l4_header, bwd)"},
    {"fwd_packets_per_s", flow, "packets/s", "Fwd Packets/s", input,
     "forward packets over the duration of the flow", "n(fwd) / duration"},
    {"bwd_packets_per_s", flow, "packets/s", "Bwd Packets/s", input,
     "backward packets over the duration of the flow", "n(bwd) / duration"},
    {"payload_min_bytes", flow, "bytes", "Packet Length Min", input,
     "smallest payload of a packet, both directions", "min(payload)"},
    {"payload_max_bytes", flow, "bytes", "Packet Length Max", input,
     "largest payload of a packet, both directions", "max(payload)"},
    {"payload_mean_bytes", flow, "bytes", "Packet Length Mean", input,
     "mean payload of a packet, both directions", "mean(payload)"},
    {"payload_std_bytes", flow, "bytes", "Packet Length Std", input,
     "standard deviation of the payload of a packet, both directions", "std(payload)"},
    {"payload_variance_bytes2", flow, "bytes^2", "Packet Length Variance", duplicate,
     "square of payload_std_bytes", "std(payload)^2"},
    {"fin_packets", flow, "packets", "FIN Flag Count", input,
     "packets with FIN set, both directions", "n(FIN)"},
    {"syn_packets", flow, "packets", "SYN Flag Count", input,
     "packets with SYN set, both directions", "n(SYN)"},
    {"rst_packets", flow, "packets", "RST Flag Count", input,
     "packets with RST set, both directions", "n(RST)"},
    {"psh_packets", flow, "packets", "PSH Flag Count", input,
     "packets with PSH set, both directions", "n(PSH)"},
    {"ack_packets", flow, "packets", "ACK Flag Count", input,
     "packets with ACK set, both directions", "n(ACK)"},
    {"urg_packets", flow, "packets", "URG Flag Count", input,
     "packets with URG set, both directions", "n(URG)"},
    {"cwr_packets", flow, "packets", "CWR Flag Count", input,
     "packets with CWR set, both directions", "n(CWR)"},
    {"ece_packets", flow, "packets", "ECE Flag Count", input,
     "packets with ECE set, both directions", "n(ECE)"},
    {"bwd_fwd_packet_ratio", flow, "ratio", "Down/Up Ratio", input,
     "backward packets for each forward packet", "n(bwd) / n(fwd)"},
    {"average_payload_bytes", flow, "bytes", "Average Packet Size", duplicate,
     "the same number as payload_mean_bytes", "sum(payload) / n"},
    {"fwd_segment_mean_bytes", flow, "bytes", "Fwd Segment Size Avg", duplicate,
     "the same number as fwd_payload_mean_bytes", "mean(payload, fwd)"},
    {"bwd_segment_mean_bytes", flow, "bytes", "Bwd Segment Size Avg", duplicate,
     "the same number as bwd_payload_mean_bytes", "mean(payload, bwd)"},
    {"fwd_bulk_mean_bytes", flow, "bytes", "Fwd Bytes/Bulk Avg", input,
     "payload of a forward bulk", "bulk_bytes(fwd) / bulks(fwd)"},
    {"fwd_bulk_mean_packets", flow, "packets", "Fwd Packet/Bulk Avg", input,
     "packets of a forward bulk", "bulk_packets(fwd) / bulks(fwd)"},
    {"fwd_bulk_bytes_per_s", flow, "bytes/s", "Fwd Bulk Rate Avg", input,
     "payload rate within forward bulks", "bulk_bytes(fwd) / bulk_time(fwd)"},
    {"bwd_bulk_mean_bytes", flow, "bytes", "Bwd Bytes/Bulk Avg", input,
     "payload of a backward bulk", "bulk_bytes(bwd) / bulks(bwd)"},
    {"bwd_bulk_mean_packets", flow, "packets", "Bwd Packet/Bulk Avg", input,
     "packets of a backward bulk", "bulk_packets(bwd) / bulks(bwd)"},
    {"bwd_bulk_bytes_per_s", flow, "bytes/s", "Bwd Bulk Rate Avg", input,
     "payload rate within backward bulks", "bulk_bytes(bwd) / bulk_time(bwd)"},
    {"subflow_fwd_packets", flow, "packets", "Subflow Fwd Packets", input,
     "forward packets of a sub-flow on average", "n(fwd) / subflows"},
    {"subflow_fwd_payload_bytes", flow, "bytes", "Subflow Fwd Bytes", input,
     "forward payload of a sub-flow on average", "sum(payload, fwd) / subflows"},
    {"subflow_bwd_packets", flow, "packets", "Subflow Bwd Packets", input,
     "backward packets of a sub-flow on average", "n(bwd) / subflows"},
    {"subflow_bwd_payload_bytes", flow, "bytes", "Subflow Bwd Bytes", input,
     "backward payload of a sub-flow on average", "sum(payload, bwd) / subflows"},
    {"fwd_initial_window_bytes", flow, "bytes", "FWD Init Win Bytes", contaminant,
     "TCP window of the first forward packet, unscaled", "window of the first packet (fwd)"},
    {"bwd_initial_window_bytes", flow, "bytes", "Bwd Init Win Bytes", contaminant,
     "TCP window of the first backward packet, unscaled", "window of the first packet (bwd)"},
    {"fwd_data_packets", flow, "packets", "Fwd Act Data Pkts", input,
     "forward packets that carry payload", "n(payload > 0, fwd)"},
    {"bwd_data_packets", flow, "packets", "Bwd Act Data Pkts", input,
     "backward packets that carry payload", "n(payload > 0, bwd)"},
    {"fwd_l4_header_min_bytes", flow, "bytes", "Fwd Seg Size Min", contaminant,
     "smallest transport header of a forward packet", "min(l4_header, fwd)"},
    {"bwd_l4_header_min_bytes", flow, "bytes", "Bwd Seg Size Min", contaminant,
     "smallest transport header of a backward packet", "min(l4_header, bwd)"},
    {"active_mean_us", flow, "us", "Active Mean", input,
     "mean time of a period without a gap above 5 s", "mean(active)"},
    {"active_std_us", flow, "us", "Active Std", input,
     "standard deviation of the time of a period without a gap above 5 s", "std(active)"},
    {"active_max_us", flow, "us", "Active Max", input,
     "longest time of a period without a gap above 5 s", "max(active)"},
    {"active_min_us", flow, "us", "Active Min", input,
     "shortest time of a period without a gap above 5 s", "min(active)"},
    {"idle_mean_us", flow, "us", "Idle Mean", input,
     "mean time of a gap above 5 s", "mean(idle)"},
    {"idle_std_us", flow, "us", "Idle Std", input,
     "standard deviation of the time of a gap above 5 s", "std(idle)"},
    {"idle_max_us", flow, "us", "Idle Max", input,
     "longest time of a gap above 5 s", "max(idle)"},
    {"idle_min_us", flow, "us", "Idle Min", input,
     "shortest time of a gap above 5 s", "min(idle)"},
    {"icmp_type", flow, "code", "ICMP Type", contaminant,
     "ICMP or ICMPv6 type of the connection's first packet", "icmp type"},
    {"icmp_code", flow, "code", "ICMP Code", contaminant,
     "ICMP or ICMPv6 code of the connection's first packet", "icmp code"},
    {"fwd_retransmitted_packets", flow, "packets", "Fwd TCP Retrans. Count", input,
     "forward TCP packets that bring nothing new", "n(seq_end <= highest seq_end, fwd)"},
    {"bwd_retransmitted_packets", flow, "packets", "Bwd TCP Retrans. Count", input,
     "backward TCP packets that bring nothing new", "n(seq_end <= highest seq_end, bwd)"},
    {"retransmitted_packets", flow, "packets", "Total TCP Retrans. Count", input,
     "TCP packets that bring nothing new, both directions", "n(seq_end <= highest seq_end)"},
    {"connection_time_us", flow, "us", "Total Connection Flow Time", input,
     "time since the connection's first packet, over all its pieces", "t_last - t_first(first piece)"},
    {"early_01_payload_bytes", early, "bytes", "", input,
     "payload of packet 1: positive forward, negative backward", "signed payload(1)"},
    {"early_02_payload_bytes", early, "bytes", "", input,
     "payload of packet 2: positive forward, negative backward", "signed payload(2)"},
    {"early_03_payload_bytes", early, "bytes", "", input,
     "payload of packet 3: positive forward, negative backward", "signed payload(3)"},
    {"early_04_payload_bytes", early, "bytes", "", input,
     "payload of packet 4: positive forward, negative backward", "signed payload(4)"},
    {"early_05_payload_bytes", early, "bytes", "", input,
     "payload of packet 5: positive forward, negative backward", "signed payload(5)"},
    {"early_06_payload_bytes", early, "bytes", "", input,
     "payload of packet 6: positive forward, negative backward", "signed payload(6)"},
    {"early_07_payload_bytes", early, "bytes", "", input,
     "payload of packet 7: positive forward, negative backward", "signed payload(7)"},
    {"early_08_payload_bytes", early, "bytes", "", input,
     "payload of packet 8: positive forward, negative backward", "signed payload(8)"},
    {"early_09_payload_bytes", early, "bytes", "", input,
     "payload of packet 9: positive forward, negative backward", "signed payload(9)"},
    {"early_10_payload_bytes", early, "bytes", "", input,
     "payload of packet 10: positive forward, negative backward", "signed payload(10)"},
    {"early_11_payload_bytes", early, "bytes", "", input,
     "payload of packet 11: positive forward, negative backward", "signed payload(11)"},
    {"early_12_payload_bytes", early, "bytes", "", input,
     "payload of packet 12: positive forward, negative backward", "signed payload(12)"},
    {"early_13_payload_bytes", early, "bytes", "", input,
     "payload of packet 13: positive forward, negative backward", "signed payload(13)"},
    {"early_14_payload_bytes", early, "bytes", "", input,
     "payload of packet 14: positive forward, negative backward", "signed payload(14)"},
    {"early_15_payload_bytes", early, "bytes", "", input,
     "payload of packet 15: positive forward, negative backward", "signed payload(15)"},
    {"early_16_payload_bytes", early, "bytes", "", input,
     "payload of packet 16: positive forward, negative backward", "signed payload(16)"},
    {"early_02_gap_us", early, "us", "", input,
     "gap between packets 1 and 2", "t(2) - t(1)"},
    {"early_03_gap_us", early, "us", "", input,
     "gap between packets 2 and 3", "t(3) - t(2)"},
    {"early_04_gap_us", early, "us", "", input,
     "gap between packets 3 and 4", "t(4) - t(3)"},
    {"early_05_gap_us", early, "us", "", input,
     "gap between packets 4 and 5", "t(5) - t(4)"},
    {"early_06_gap_us", early, "us", "", input,
     "gap between packets 5 and 6", "t(6) - t(5)"},
    {"early_07_gap_us", early, "us", "", input,
     "gap between packets 6 and 7", "t(7) - t(6)"},
    {"early_08_gap_us", early, "us", "", input,
     "gap between packets 7 and 8", "t(8) - t(7)"},
    {"early_09_gap_us", early, "us", "", input,
     "gap between packets 8 and 9", "t(9) - t(8)"},
    {"early_10_gap_us", early, "us", "", input,
     "gap between packets 9 and 10", "t(10) - t(9)"},
    {"early_11_gap_us", early, "us", "", input,
     "gap between packets 10 and 11", "t(11) - t(10)"},
    {"early_12_gap_us", early, "us", "", input,
     "gap between packets 11 and 12", "t(12) - t(11)"},
    {"early_13_gap_us", early, "us", "", input,
     "gap between packets 12 and 13", "t(13) - t(12)"},
    {"early_14_gap_us", early, "us", "", input,
     "gap between packets 13 and 14", "t(14) - t(13)"},
    {"early_15_gap_us", early, "us", "", input,
     "gap between packets 14 and 15", "t(15) - t(14)"},
    {"early_16_gap_us", early, "us", "", input,
     "gap between packets 15 and 16", "t(16) - t(15)"},
    {"early_fwd_packets", early, "packets", "", input,
     "forward packets among the first 16", "n(fwd, first 16)"},
    {"early_turns", early, "turns", "", input,
     "changes of direction among the first 16 packets", "n(direction(i) != direction(i-1), first 16)"},
    {"early_fwd_payload_bytes", early, "bytes", "", input,
     "forward payload of the first 16 packets", "sum(payload, fwd, first 16)"},
    {"early_bwd_payload_bytes", early, "bytes", "", input,
     "backward payload of the first 16 packets", "sum(payload, bwd, first 16)"},
    {"early_duration_us", early, "us", "", input,
     "time from the first to the last of the first 16 packets", "t(min(n, 16)) - t(1)"},
});
// clang-format on

inline constexpr auto kFeatures = [] {
  std::array<FeatureSpec, kFlowFeatures.size() + kHostFeatures.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i < kFlowFeatures.size() ? kFlowFeatures[i] : kHostFeatures[i - kFlowFeatures.size()];
  }
  return all;
}();

}  // namespace catalogue

using catalogue::kFeatures;

inline constexpr std::size_t kFeatureCount = kFeatures.size();
inline constexpr std::size_t kFirstHostFeature = catalogue::kFlowFeatures.size();  // from here on, those of family host

// Index of a feature by name, or kFeatureCount.
constexpr std::size_t find_feature(std::string_view name) {
  std::size_t i = 0;
  while (i < kFeatureCount && kFeatures[i].name != name) ++i;
  return i;
}

// Index of a feature of ours: a name that does not exist does not compile.
consteval std::size_t feature(std::string_view name) {
  const std::size_t i = find_feature(name);
  if (i == kFeatureCount) throw "no such feature";
  return i;
}

// FNV-1a over kSemanticsVersion and, in order, each name and formula: equal hashes mean equal numbers. 64 bits.
constexpr std::uint64_t catalogue_hash() {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xFF) * 0x100000001b3;  // no text contains this byte: "ab","c" differs from "a","bc"
  };
  hash = (hash ^ kSemanticsVersion) * 0x100000001b3;
  for (const FeatureSpec& spec : kFeatures) {
    mix(spec.name);
    mix(spec.formula);
  }
  return hash;
}

}  // namespace weir::features
