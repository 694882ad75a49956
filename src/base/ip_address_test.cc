// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

TEST(IpAddress, ipv4_text_survives_the_round_trip) {
  const auto address = IpAddress::parse("192.0.2.7");
  ASSERT_TRUE(address.has_value());
  EXPECT_TRUE(address->is_v4());
  EXPECT_EQ(address->to_string(), "192.0.2.7");
  EXPECT_EQ(*address, IpAddress::v4(0xC0000207));
}

TEST(IpAddress, ipv6_is_written_in_its_short_form) {
  const auto address = IpAddress::parse("2001:0db8:0000:0000:0000:0000:0000:0001");
  ASSERT_TRUE(address.has_value());
  EXPECT_FALSE(address->is_v4());
  EXPECT_EQ(address->to_string(), "2001:db8::1");
}

TEST(IpAddress, text_that_is_no_address_gives_nothing) {
  for (const char* text : {"", "192.0.2", "192.0.2.256", "host", "2001:db8::g", "192.0.2.1:80", "fe80::1%eth0"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

TEST(IpAddress, order_is_the_order_of_the_bytes) {
  EXPECT_LT(IpAddress::v4(0x0A000001), IpAddress::v4(0x0A000002));
  EXPECT_LT(IpAddress::v4(0x0A0000FF), IpAddress::v4(0x0A000100));
}

}  // namespace
}  // namespace weir::base
