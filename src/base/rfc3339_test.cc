// SPDX-License-Identifier: Apache-2.0
#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

TEST(Rfc3339, a_time_is_written_in_utc_with_six_decimals) {
  EXPECT_EQ(format_time(from_us(0)), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(from_us(1'769'847'330'000'125)), "2026-01-31T08:15:30.000125Z");
  EXPECT_EQ(format_time(from_us(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, times_without_a_year_of_four_digits_become_the_nearest_that_has_one) {
  EXPECT_EQ(format_time(with_four_digit_year(Timestamp::min())), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(with_four_digit_year(Timestamp::max())), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(with_four_digit_year(from_us(-1)), from_us(-1));
}

TEST(Rfc3339, what_was_written_is_read_back) {
  for (const std::int64_t us : {0LL, -1LL, 1'769'847'330'000'125LL, 253'402'300'799'999'999LL}) {
    EXPECT_EQ(parse_time(format_time(from_us(us))), from_us(us));
  }
}

TEST(Rfc3339, offsets_and_decimals_of_any_length_are_read) {
  const auto expected = from_us(1'769'847'330'000'000);
  EXPECT_EQ(parse_time("2026-01-31T08:15:30Z"), expected);
  EXPECT_EQ(parse_time("2026-01-31t08:15:30z"), expected);
  EXPECT_EQ(parse_time("2026-01-31 08:15:30Z"), expected);
  EXPECT_EQ(parse_time("2026-01-31T10:15:30+02:00"), expected);
  EXPECT_EQ(parse_time("2026-01-30T23:45:30.0-08:30"), expected);
  EXPECT_EQ(parse_time("2026-01-31T08:15:30.5Z"), expected + std::chrono::milliseconds(500));
  EXPECT_EQ(parse_time("2026-01-31T08:15:30.000000999Z"), expected);
}

TEST(Rfc3339, what_is_no_time_is_refused) {
  for (const char* text :
       {"", "now", "2026-01-31", "2026-01-31T08:15:30", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-01-31T24:00:00Z", "2026-01-31T23:60:00Z", "2026-01-31T23:59:60Z", "2026-01-31T08:15:30.Z",
        "2026-01-31T08:15:30.1234567890Z", "2026-01-31T08:15:30Zx", "2026-01-31T08:15:30+2:00",
        "2026-01-31T08:15:30+24:00", " 2026-01-31T08:15:30Z", "-026-01-31T08:15:30Z", "1769847330"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace weir::base
