// SPDX-License-Identifier: Apache-2.0
#include "api/query_reader.h"

#include <gtest/gtest.h>

#include "scoring/verdict.h"

namespace weir::api {
namespace {

TEST(QueryReader, what_was_not_given_is_nothing_or_the_default) {
  const QueryPairs pairs;
  QueryReader reader(pairs);
  EXPECT_FALSE(reader.text("q", 10));
  EXPECT_FALSE(reader.time("from"));
  EXPECT_FALSE(reader.address("host"));
  EXPECT_FALSE(reader.word("status", scoring::parse_status, "x"));
  EXPECT_EQ(reader.count("limit", 1, 10, 7), 7);
  EXPECT_FALSE(reader.error());
}

TEST(QueryReader, values_are_read) {
  const QueryPairs pairs = {
      {"q", "scan"}, {"from", "1970-01-01T00:00:01Z"}, {"host", "2001:db8::1"}, {"status", "anomaly"}, {"limit", "10"}};
  QueryReader reader(pairs);
  EXPECT_EQ(reader.text("q", 4), "scan");
  EXPECT_EQ(reader.time("from"), base::from_us(1'000'000));
  EXPECT_EQ(reader.address("host"), base::IpAddress::parse("2001:db8::1"));
  EXPECT_EQ(reader.word("status", scoring::parse_status, "x"), scoring::Status::anomaly);
  EXPECT_EQ(reader.count("limit", 1, 10, 7), 10);
  EXPECT_FALSE(reader.error());
}

TEST(QueryReader, a_count_is_digits_within_its_range) {
  for (const char* value : {"", "0", "11", "-1", "+5", "5x", " 5", "1e1", "0x5", "99999999999999999999"}) {
    const QueryPairs pairs = {{"limit", value}};
    QueryReader reader(pairs);
    EXPECT_EQ(reader.count("limit", 1, 10, 7), 7) << value;
    EXPECT_EQ(reader.error(), "The parameter 'limit' must be a whole number from 1 to 10.") << value;
  }
}

TEST(QueryReader, length_is_counted_in_characters) {
  const QueryPairs pairs = {{"q", "\xc3\xa9\xc3\xa9\xc3\xa9"}};
  QueryReader reader(pairs);
  EXPECT_TRUE(reader.text("q", 3));
  EXPECT_FALSE(reader.text("q", 2));
  EXPECT_EQ(reader.error(), "The parameter 'q' must be 1 to 2 characters.");
}

TEST(QueryReader, the_first_error_is_kept) {
  const QueryPairs pairs = {{"host", "nowhere"}, {"from", "now"}};
  QueryReader reader(pairs);
  EXPECT_FALSE(reader.address("host"));
  EXPECT_FALSE(reader.time("from"));
  EXPECT_EQ(reader.error(), "The parameter 'host' must be an IPv4 or IPv6 address.");
}

}  // namespace
}  // namespace weir::api
