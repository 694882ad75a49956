// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "features/catalogue.h"

namespace weir::features {

namespace {

struct Difference {
  std::string_view beginning;  // of the feature's name: the first that fits
  std::string_view text;
};

constexpr std::string_view kNoRate =
    "Without a duration it is undefined; CICFlowMeter writes Infinity or NaN, its corrected fork -1.";
constexpr std::string_view kNoDirectionRate = "Without a duration it is undefined; CICFlowMeter and its fork write 0.";
constexpr std::string_view kPayload =
    "CICFlowMeter and its fork take Ethernet's padding for payload in tagged frames, and give ICMP no payload.";
constexpr std::string_view kFirstPacketTwice =
    "CICFlowMeter takes the first packet in twice; the fork does not. Both take Ethernet's padding for "
    "payload in tagged frames, and give ICMP no payload.";
constexpr std::string_view kFirstPacketFlags = "CICFlowMeter looks at the first packet only, the fork at every one.";
constexpr std::string_view kBulk =
    "CICFlowMeter takes every packet for a backward one, and divides integers; the fork does neither, but "
    "knows no payload of ICMP. Payload the other way ends a bulk in the order of packets here, by comparing "
    "times there: they differ when times repeat.";
constexpr std::string_view kSubflow =
    "Sub-flows are gaps above 1 s, plus one. CICFlowMeter and its fork leave out the one, and write 0 where "
    "there is no such gap.";
constexpr std::string_view kActive =
    "The last active period counts when the flow ends. CICFlowMeter and its fork leave it out, so a flow "
    "without a gap above 5 s has none.";
constexpr std::string_view kIcmp = "Undefined for what is not ICMP; the fork writes -1. Taken from ICMPv6 too.";
constexpr std::string_view kRetransmitted =
    "By sequence numbers, in constant space. The fork counts packets that repeat sequence and "
    "acknowledgement number, length and window of one before: that takes keep-alives and repeated "
    "acknowledgements for retransmissions, and misses data that are sent again in other portions.";
constexpr std::string_view kDataPackets =
    "CICFlowMeter leaves the first packet out; the fork does not. Both take Ethernet's padding for payload "
    "in tagged frames, and give ICMP no payload.";
constexpr std::string_view kHeader =
    "The transport header only, as in CICFlowMeter, which misreads it over IPv6. The fork gives ICMP none.";
constexpr std::string_view kBackwardHeaderMin = "The fork's is always 0.";
constexpr std::string_view kGap =
    "CICFlowMeter stamps IPv6 packets in milliseconds, and lets packets out of order give negative gaps.";

constexpr auto kDifferences = std::to_array<Difference>({
    {"flow_payload_bytes_per_s", kNoRate},
    {"flow_packets_per_s", kNoRate},
    {"fwd_packets_per_s", kNoDirectionRate},
    {"bwd_packets_per_s", kNoDirectionRate},
    {"payload_min", kPayload},
    {"payload_max", kPayload},
    {"payload_", kFirstPacketTwice},
    {"average_payload", kFirstPacketTwice},
    {"fwd_psh", kFirstPacketFlags},
    {"bwd_psh", kFirstPacketFlags},
    {"fwd_urg", kFirstPacketFlags},
    {"bwd_urg", kFirstPacketFlags},
    {"fin_packets", "CICFlowMeter drops a side's second FIN, and ends flows by the wrong one."},
    {"fwd_bulk", kBulk},
    {"bwd_bulk", kBulk},
    {"subflow", kSubflow},
    {"bwd_fwd_packet_ratio", "CICFlowMeter divides integers; the fork does not."},
    {"fwd_initial_window", "The fork leaves it 0 where the capture begins with the SYN+ACK."},
    {"bwd_initial_window", "CICFlowMeter keeps the last window; the fork the first that is not 0."},
    {"active_", kActive},
    {"icmp_", kIcmp},
    {"fwd_retransmitted", kRetransmitted},
    {"bwd_retransmitted", kRetransmitted},
    {"retransmitted", kRetransmitted},
    {"connection_time_us",
     "First packet to last over all records of the connection. The fork adds up the durations of the "
     "records, without the gaps between them, and gives ICMP none."},
    {"fwd_l4_header", kHeader},
    {"bwd_l4_header_min", kBackwardHeaderMin},
    {"bwd_l4_header", kHeader},
    {"fwd_payload", kPayload},
    {"bwd_payload", kPayload},
    {"fwd_segment", kPayload},
    {"bwd_segment", kPayload},
    {"fwd_data_packets", kDataPackets},
    {"bwd_data_packets", kPayload},
    {"flow_gap", kGap},
    {"fwd_gap", kGap},
    {"bwd_gap", kGap},
    {"flow_duration", kGap},
});

}  // namespace

std::string_view cic_difference(std::string_view feature_name) {
  const auto* const found = std::find_if(kDifferences.begin(), kDifferences.end(), [&](const Difference& difference) {
    return feature_name.starts_with(difference.beginning);
  });
  return found == kDifferences.end() ? std::string_view{} : found->text;
}

}  // namespace weir::features
