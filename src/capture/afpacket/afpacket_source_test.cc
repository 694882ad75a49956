// SPDX-License-Identifier: Apache-2.0
// What can be tested without privilege and without a network; tests/live has the rest.
#include "capture/afpacket/afpacket_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weir::capture::afpacket {
namespace {

using testing::HasSubstr;

TEST(AfPacketSource, a_missing_interface_is_an_error_that_names_those_there_are) {
  const auto source = open_afpacket({.interface = "weir-none0"});
  ASSERT_FALSE(source.has_value());
  EXPECT_THAT(source.error().message(), HasSubstr("there is no interface \"weir-none0\"; there are: "));
  EXPECT_THAT(source.error().message(), HasSubstr("lo"));
}

TEST(AfPacketSource, a_name_that_no_interface_can_have_is_refused_alike) {
  EXPECT_FALSE(open_afpacket({.interface = ""}).has_value());
  EXPECT_FALSE(open_afpacket({.interface = "a-name-longer-than-the-kernel-allows"}).has_value());
}

TEST(AfPacketSource, without_privilege_the_error_says_how_to_get_it) {
  const bool root = geteuid() == 0;
  ASSERT_EQ(seteuid(root ? 65534 : geteuid()), 0);  // nobody: gives up the capabilities until it is taken back
  const auto source = open_afpacket({.interface = "lo"});
  ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
  if (source.has_value()) GTEST_SKIP() << "this user may capture";
  EXPECT_THAT(source.error().message(), HasSubstr("setcap cap_net_raw,cap_net_admin=ep"));
}

}  // namespace
}  // namespace weir::capture::afpacket
