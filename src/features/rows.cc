// SPDX-License-Identifier: Apache-2.0
#include "features/rows.h"

#include <algorithm>
#include <cmath>

#include "features/schema.h"

namespace weir::features {

namespace {

class RowWriter {
 public:
  RowWriter(const flow::FlowHead& head, const FlowMeasure& measure, const TailPool& tails, std::span<float> row)
      : head_(head),
        measure_(measure),
        tail_(measure.tail == FlowMeasure::kNoTail ? kEmptyTail : tails[measure.tail]),
        row_(row),
        packets_(head.all_packets()),
        duration_us_(head.newest_us()) {}

  void write() {
    write_totals();
    write_payloads();
    write_rates();
    write_gaps();
    write_flags();
    write_headers();
    write_bulks(flow::kForward, feature("fwd_bulk_mean_bytes"));
    write_bulks(flow::kBackward, feature("bwd_bulk_mean_bytes"));
    write_subflows();
    write_activity();
    write_transport();
    write_early();
  }

 private:
  static inline const FlowTail kEmptyTail{};

  void set(std::size_t index, double value) { row_[index] = static_cast<float>(value); }

  const DirectionMeasure& forward() const { return measure_.forward; }
  const DirectionMeasure& backward() const { return measure_.backward; }
  std::uint32_t packets(flow::Direction way) const { return head_.packets[way]; }
  Moments payload(flow::Direction way) const { return measure_.direction(way).payload(packets(way)); }

  void write_totals() {
    set(feature("flow_duration_us"), duration_us_);
    set(feature("fwd_packets"), head_.packets[flow::kForward]);
    set(feature("bwd_packets"), head_.packets[flow::kBackward]);
    set(feature("fwd_payload_bytes"), static_cast<double>(forward().payload_bytes));
    set(feature("bwd_payload_bytes"), static_cast<double>(backward().payload_bytes));
  }

  void write_payloads() {
    write_payload(flow::kForward, feature("fwd_payload_max_bytes"));
    write_payload(flow::kBackward, feature("bwd_payload_max_bytes"));

    const Moments both = payload(flow::kForward) + payload(flow::kBackward);
    const double average = mean(both), spread = variance(both);
    set(feature("payload_min_bytes"), static_cast<double>(std::min(forward().payload_min, backward().payload_min)));
    set(feature("payload_max_bytes"), std::max(forward().payload_max, backward().payload_max));
    set(feature("payload_mean_bytes"), average);
    set(feature("payload_std_bytes"), std::sqrt(spread));
    set(feature("payload_variance_bytes2"), spread);
    set(feature("average_payload_bytes"), average);
    row_[feature("fwd_segment_mean_bytes")] = row_[feature("fwd_payload_mean_bytes")];
    row_[feature("bwd_segment_mean_bytes")] = row_[feature("bwd_payload_mean_bytes")];
  }

  // max, min, mean, std, from `at` on.
  void write_payload(flow::Direction way, std::size_t at) {
    static_assert(feature("fwd_payload_std_bytes") == feature("fwd_payload_max_bytes") + 3);
    const DirectionMeasure& measured = measure_.direction(way);
    const Moments moments = payload(way);
    set(at, measured.payload_max);
    set(at + 1, moments.count > 0 ? static_cast<double>(measured.payload_min) : 0);
    set(at + 2, mean(moments));
    set(at + 3, standard_deviation(moments));
  }

  // A flow without duration has no rates: they stay undefined.
  void write_rates() {
    if (duration_us_ == 0) return;
    const double per_second = 1e6 / duration_us_;
    set(feature("flow_payload_bytes_per_s"),
        static_cast<double>(forward().payload_bytes + backward().payload_bytes) * per_second);
    set(feature("flow_packets_per_s"), packets_ * per_second);
    set(feature("fwd_packets_per_s"), packets(flow::kForward) * per_second);
    set(feature("bwd_packets_per_s"), packets(flow::kBackward) * per_second);
  }

  void write_gaps() {
    write_gaps(measure_.gaps, packets_, duration_us_, feature("flow_gap_mean_us"));
    write_direction_gaps(flow::kForward, feature("fwd_gap_total_us"));
    write_direction_gaps(flow::kBackward, feature("bwd_gap_total_us"));
  }

  void write_direction_gaps(flow::Direction way, std::size_t at) {
    const DirectionMeasure& measured = measure_.direction(way);
    const std::uint32_t total_us = head_.last_us[way] - measured.first_us;
    set(at, total_us);
    write_gaps(measured.gaps, packets(way), total_us, at + 1);
  }

  // mean, std, max, min, from `at` on.
  void write_gaps(const GapSums& gaps, std::uint32_t packets, std::uint32_t total_us, std::size_t at) {
    const std::uint32_t count = packets > 0 ? packets - 1 : 0;
    const Moments moments = gaps.moments(count, total_us);
    set(at, mean(moments));
    set(at + 1, standard_deviation(moments));
    set(at + 2, gaps.max_us);
    set(at + 3, count > 0 ? gaps.min_us : 0);
  }

  void write_flags() {
    const FlagCounts& flags = measure_.flags;
    const RareFlags& rare = tail_.flags;
    const bool tcp = head_.key.protocol == decode::protocol::kTcp;
    set(feature("fwd_psh_packets"), forward().psh_packets);
    set(feature("bwd_psh_packets"), backward().psh_packets);
    set(feature("fwd_urg_packets"), rare.urg[flow::kForward]);
    set(feature("bwd_urg_packets"), rare.urg[flow::kBackward]);
    set(feature("fwd_rst_packets"), flags.rst[flow::kForward]);
    set(feature("bwd_rst_packets"), flags.rst[flow::kBackward]);
    set(feature("fin_packets"), flags.fin);
    set(feature("syn_packets"), flags.syn);
    set(feature("rst_packets"), double{0} + flags.rst[0] + flags.rst[1]);
    set(feature("psh_packets"), double{0} + forward().psh_packets + backward().psh_packets);
    set(feature("ack_packets"), tcp ? packets_ - flags.without_ack : 0);
    set(feature("urg_packets"), double{0} + rare.urg[0] + rare.urg[1]);
    set(feature("cwr_packets"), rare.cwr);
    set(feature("ece_packets"), rare.ece);
  }

  void write_headers() {
    set(feature("fwd_l4_header_bytes"), forward().header_words * 4.0);
    set(feature("bwd_l4_header_bytes"), backward().header_words * 4.0);
    set(feature("fwd_l4_header_min_bytes"), header_min(flow::kForward));
    set(feature("bwd_l4_header_min_bytes"), header_min(flow::kBackward));
  }

  double header_min(flow::Direction way) const { return packets(way) > 0 ? measure_.header_min_words(way) * 4.0 : 0; }

  // bytes, packets and rate of a bulk, from `at` on.
  void write_bulks(flow::Direction way, std::size_t at) {
    static_assert(feature("fwd_bulk_bytes_per_s") == feature("fwd_bulk_mean_bytes") + 2);
    const BulkTotals& totals = tail_.bulks[way];
    if (totals.bulks == 0) {
      for (std::size_t i = 0; i < 3; ++i) set(at + i, 0);
      return;
    }
    set(at, static_cast<double>(totals.bytes) / totals.bulks);
    set(at + 1, static_cast<double>(totals.packets) / totals.bulks);
    if (totals.time_us > 0) set(at + 2, static_cast<double>(totals.bytes) * 1e6 / totals.time_us);
  }

  void write_subflows() {
    const double subflows = measure_.subflow_gaps + 1.0;
    set(feature("subflow_fwd_packets"), packets(flow::kForward) / subflows);
    set(feature("subflow_fwd_payload_bytes"), static_cast<double>(forward().payload_bytes) / subflows);
    set(feature("subflow_bwd_packets"), packets(flow::kBackward) / subflows);
    set(feature("subflow_bwd_payload_bytes"), static_cast<double>(backward().payload_bytes) / subflows);
  }

  void write_activity() {
    PeriodSums active = tail_.activity.active;
    if (duration_us_ > measure_.active_start_us) active.add(duration_us_ - measure_.active_start_us);
    write_periods(active, feature("active_mean_us"));
    write_periods(tail_.activity.idle, feature("idle_mean_us"));
  }

  // mean, std, max, min, from `at` on.
  void write_periods(const PeriodSums& periods, std::size_t at) {
    static_assert(feature("idle_min_us") == feature("idle_mean_us") + 3);
    const Moments moments = periods.moments();
    set(at, mean(moments));
    set(at + 1, standard_deviation(moments));
    set(at + 2, periods.max_us);
    set(at + 3, periods.count > 0 ? periods.min_us : 0);
  }

  void write_transport() {
    const double forward_packets = packets(flow::kForward);
    set(feature("bwd_fwd_packet_ratio"), forward_packets > 0 ? packets(flow::kBackward) / forward_packets : 0);
    set(feature("fwd_initial_window_bytes"), forward().initial_window);
    set(feature("bwd_initial_window_bytes"), backward().initial_window);
    set(feature("fwd_data_packets"), forward().data_packets);
    set(feature("bwd_data_packets"), backward().data_packets);
    set(feature("fwd_retransmitted_packets"), forward().retransmitted_packets);
    set(feature("bwd_retransmitted_packets"), backward().retransmitted_packets);
    set(feature("retransmitted_packets"),
        double{0} + forward().retransmitted_packets + backward().retransmitted_packets);
    set(feature("connection_time_us"), static_cast<double>((head_.last() - head_.connection_started).count()));
    if (head_.key.protocol == decode::protocol::kIcmp || head_.key.protocol == decode::protocol::kIcmpV6) {
      set(feature("icmp_type"), head_.icmp_type);
      set(feature("icmp_code"), static_cast<double>(head_.icmp_code));
    }
  }

  std::uint32_t early_payload(std::size_t i) const {
    return i < kEarlyHead ? measure_.early.payloads[i] : tail_.early.payloads[i - kEarlyHead];
  }
  std::uint32_t early_gap(std::size_t i) const {
    return i < kEarlyHead ? measure_.early.gaps_us[i - 1] : tail_.early.gaps_us[i - kEarlyHead];
  }
  unsigned early_direction(std::size_t i) const { return measure_.early_backward >> i & 1U; }

  void write_early() {
    const std::size_t count = std::min<std::size_t>(packets_, kEarlyPackets);
    double bytes[2] = {0, 0};
    double time_us = 0;
    unsigned backward_packets = 0, turns = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const unsigned way = early_direction(i);
      const double payload = early_payload(i);
      set(feature("early_01_payload_bytes") + i, way == flow::kForward ? payload : 0 - payload);
      bytes[way] += payload;
      backward_packets += way;
      if (i == 0) continue;
      set(feature("early_02_gap_us") + i - 1, early_gap(i));
      time_us += early_gap(i);
      turns += way != early_direction(i - 1);
    }
    set(feature("early_fwd_packets"), static_cast<double>(count - backward_packets));
    set(feature("early_turns"), turns);
    set(feature("early_fwd_payload_bytes"), bytes[flow::kForward]);
    set(feature("early_bwd_payload_bytes"), bytes[flow::kBackward]);
    set(feature("early_duration_us"), time_us);
  }

  const flow::FlowHead& head_;
  const FlowMeasure& measure_;
  const FlowTail& tail_;
  const std::span<float> row_;
  const std::uint32_t packets_;
  const std::uint32_t duration_us_;
};

}  // namespace

void write_features(const flow::FlowHead& head, const FlowMeasure& measure, const TailPool& tails,
                    std::span<float> row) {
  RowWriter(head, measure, tails, row).write();
}

}  // namespace weir::features
