// SPDX-License-Identifier: Apache-2.0
#include "alerting/detection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace weir::alerting {
namespace {

using base::from_us;
using scoring::Status;

Detection row(std::int64_t last_us, std::uint64_t packets, Status status, float margin) {
  Detection d;
  d.flow.last = from_us(last_us);
  d.flow.packets = packets;
  d.scored_at = from_us(last_us + 1);
  d.verdict.status = status;
  d.verdict.margin = margin;
  if (status == Status::anomaly) d.alerted_at = from_us(last_us + 10);
  return d;
}

TEST(Merge, facts_follow_the_newest_row_and_the_verdict_the_worst) {
  Detection early_and_bad = row(1000, 10, Status::anomaly, 0.5f);
  early_and_bad.verdict.attack_type = "port scan";
  Detection late_and_good = row(2000, 90, Status::normal, -0.4f);
  late_and_good.flow.end_reason = flow::EndReason::end_of_flow;

  merge(early_and_bad, late_and_good);

  EXPECT_EQ(early_and_bad.flow.packets, 90u);
  EXPECT_EQ(early_and_bad.flow.end_reason, flow::EndReason::end_of_flow);
  EXPECT_EQ(early_and_bad.verdict.status, Status::anomaly);
  EXPECT_EQ(early_and_bad.verdict.attack_type, "port scan");
  EXPECT_EQ(early_and_bad.alerted_at, from_us(1010));
}

TEST(Merge, an_anomaly_outweighs_an_unscored_row_and_that_outweighs_a_normal_one) {
  Detection d = row(1, 1, Status::normal, 9);
  merge(d, row(1, 1, Status::unscored, 0));
  EXPECT_EQ(d.verdict.status, Status::unscored);
  merge(d, row(1, 1, Status::anomaly, 0.1f));
  EXPECT_EQ(d.verdict.status, Status::anomaly);
}

TEST(Merge, the_alert_time_is_that_of_the_first_anomalous_tick) {
  Detection d = row(5000, 2, Status::anomaly, 3);
  merge(d, row(1000, 1, Status::anomaly, 1));
  EXPECT_EQ(d.alerted_at, from_us(1010));
  EXPECT_EQ(d.verdict.margin, 3);
}

TEST(Merge, the_result_depends_neither_on_order_nor_on_repetition) {
  std::vector<Detection> rows = {row(1000, 1, Status::normal, -1), row(2000, 5, Status::anomaly, 0.2f),
                                 row(3000, 9, Status::anomaly, 0.2f), row(4000, 12, Status::unscored, 0)};
  rows[1].verdict.attack_type = "a";
  rows[2].verdict.attack_type = "b";
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    Detection d = rows[order[0]];
    for (std::size_t i : order) merge(d, rows[i]);
    EXPECT_EQ(d.flow.packets, 12u);
    EXPECT_EQ(d.verdict.attack_type, "b");
    EXPECT_EQ(d.alerted_at, from_us(2010));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Severity, every_name_reads_back) {
  for (auto s : {Severity::none, Severity::low, Severity::medium, Severity::high, Severity::critical}) {
    EXPECT_EQ(parse_severity(to_string(s)), s);
  }
  EXPECT_EQ(parse_severity("dreadful"), std::nullopt);
}

}  // namespace
}  // namespace weir::alerting
