// SPDX-License-Identifier: Apache-2.0
#include "app/own_traffic.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

const std::vector<base::IpAddress> kOwn = {*base::IpAddress::parse("192.0.2.10"), *base::IpAddress::parse("127.0.0.1")};

std::string words(const std::string& listen, const std::string& db, const std::vector<SinkServer>& sinks = {}) {
  std::string all;
  for (const auto& suppression : own_traffic_rules(listen, db, sinks, kOwn)) all += in_words(suppression.rule) + "; ";
  return all;
}

TEST(OwnTraffic, the_page_is_left_out_at_each_address_at_which_it_is_served) {
  EXPECT_EQ(words("198.18.0.1:8600", ""), "destination 198.18.0.1, ports 8600, protocol tcp; ");
  EXPECT_EQ(words("0.0.0.0:8600", ""),
            "destination 192.0.2.10, ports 8600, protocol tcp; destination 127.0.0.1, ports 8600, protocol tcp; ");
  EXPECT_EQ(words("[2001:db8::1]:443", ""), "destination 2001:db8::1, ports 443, protocol tcp; ");
}

TEST(OwnTraffic, only_this_machines_connections_to_the_database_are_left_out) {
  for (const char* url :
       {"postgresql://weir:p%40ss@198.18.0.7:6432/weir?sslmode=require", "postgres://198.18.0.7:6432"}) {
    EXPECT_EQ(words("127.0.0.1:0", url),
              "source 192.0.2.10, destination 198.18.0.7, ports 6432, protocol tcp; "
              "source 127.0.0.1, destination 198.18.0.7, ports 6432, protocol tcp; ");
  }
  EXPECT_EQ(words("127.0.0.1:0", "postgresql://[2001:db8::7]/weir"),
            "source 192.0.2.10, destination 2001:db8::7, ports 5432, protocol tcp; "
            "source 127.0.0.1, destination 2001:db8::7, ports 5432, protocol tcp; ");
}

TEST(OwnTraffic, what_goes_to_the_sinks_is_left_out_by_its_protocol) {
  EXPECT_EQ(words("127.0.0.1:0", "", {{"198.18.0.8", 514, true}, {"198.18.0.9", 443, false}}),
            "source 192.0.2.10, destination 198.18.0.8, ports 514, protocol udp; "
            "source 127.0.0.1, destination 198.18.0.8, ports 514, protocol udp; "
            "source 192.0.2.10, destination 198.18.0.9, ports 443, protocol tcp; "
            "source 127.0.0.1, destination 198.18.0.9, ports 443, protocol tcp; ");
}

TEST(OwnTraffic, a_file_is_no_connection_and_a_port_that_is_not_known_yet_no_rule) {
  EXPECT_EQ(words("127.0.0.1:0", "sqlite:/tmp/weir.db"), "");
}

}  // namespace
}  // namespace weir::app
