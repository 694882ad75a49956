// SPDX-License-Identifier: Apache-2.0
#include "base/ip_network.h"

#include <gtest/gtest.h>

namespace weir::base {
namespace {

bool holds(const char* network, const char* address) {
  return IpNetwork::parse(network).value().contains(IpAddress::parse(address).value());
}

TEST(IpNetwork, a_network_holds_what_shares_its_prefix) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.255"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpNetwork, an_address_alone_is_a_network_of_one) {
  EXPECT_TRUE(holds("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(holds("192.0.2.1", "192.0.2.2"));
}

TEST(IpNetwork, all_of_ipv4_is_not_ipv6) {
  EXPECT_TRUE(holds("0.0.0.0/0", "255.1.1.1"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
}

TEST(IpNetwork, text_reads_back_without_the_bits_behind_the_prefix) {
  for (const auto& [given, shown] : {std::pair("10.1.2.3/8", "10.0.0.0/8"),
                                     {"2001:DB8::1/32", "2001:db8::/32"},
                                     {"192.0.2.7/32", "192.0.2.7"},
                                     {"fe80::1", "fe80::1"}}) {
    EXPECT_EQ(IpNetwork::parse(given).value().to_string(), shown);
  }
}

TEST(IpNetwork, what_is_no_network_is_refused) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8", "::/129"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

}  // namespace
}  // namespace weir::base
