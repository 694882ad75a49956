// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

TEST(ProgressText, rate_share_and_remaining_time_are_told) {
  EXPECT_EQ(progress_text(5'000'000, 0.25, 2s), "5,000,000 packets  2.50 Mpkt/s  25 %  ETA 0:06");
  EXPECT_EQ(progress_text(4'500, 0.5, 90s), "4,500 packets  50 pkt/s  50 %  ETA 1:30");
}

TEST(ProgressText, what_is_not_known_is_left_out) {
  EXPECT_EQ(progress_text(10, -1, 0s), "10 packets");
  EXPECT_EQ(progress_text(20'000, -1, 1s), "20,000 packets  20.0 kpkt/s");
  EXPECT_EQ(progress_text(10, 0, 1s), "10 packets  10 pkt/s  0 %");
}

}  // namespace
}  // namespace weir::app
