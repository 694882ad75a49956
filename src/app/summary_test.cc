// SPDX-License-Identifier: Apache-2.0
#include "app/summary.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

TEST(Grouped, digits_come_in_threes) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(4987586), "4,987,586");
}

TEST(Summary, each_reason_of_rejection_is_named_and_empty_ones_are_left_out) {
  api::StatusSnapshot status;
  status.loss.packets_rejected = {{"arp", 12}, {"not_ip", 0}};
  const std::string text = summary(status);
  EXPECT_NE(text.find("rejected: arp"), std::string::npos);
  EXPECT_EQ(text.find("not_ip"), std::string::npos);
  EXPECT_NE(text.find("The account adds up."), std::string::npos);
}

TEST(Summary, what_a_packet_costs_is_told) {
  api::StatusSnapshot status;
  EXPECT_EQ(summary(status).find("processor time"), std::string::npos) << "of no packets nothing can be said";
  status.loss.packets_seen = 1000;
  status.capture_cpu_s = 0.0001;
  EXPECT_NE(summary(status).find(" 100  ns, until"), std::string::npos);
}

TEST(Summary, an_account_that_does_not_add_up_says_so) {
  api::StatusSnapshot status;
  status.loss.balanced = false;
  EXPECT_NE(summary(status).find("DOES NOT ADD UP"), std::string::npos);
}

TEST(Summary, drops_are_told_on_a_live_link_even_when_there_were_none) {
  api::StatusSnapshot status;
  status.live = true;
  EXPECT_NE(summary(status).find("dropped by the kernel"), std::string::npos);
}

}  // namespace
}  // namespace weir::app
