// SPDX-License-Identifier: Apache-2.0
// What can be tested without a network of our own; tests/live has the rest.
#include "capture/libpcap_live/libpcap_live_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace weir::capture::libpcap_live {
namespace {

using testing::HasSubstr;

TEST(LibpcapLiveSource, a_missing_interface_is_an_error_that_names_those_there_are) {
  if (geteuid() != 0) GTEST_SKIP() << "libpcap looks for the privilege first";
  const auto source = open_libpcap_live({.interface = "weir-none0"});
  ASSERT_FALSE(source.has_value());
  EXPECT_THAT(source.error().message(), HasSubstr("there is no interface \"weir-none0\"; there are: "));
}

TEST(LibpcapLiveSource, without_privilege_the_error_says_how_to_get_it) {
  const bool root = geteuid() == 0;
  ASSERT_EQ(seteuid(root ? 65534 : geteuid()), 0);  // nobody: gives up the capabilities until it is taken back
  const auto source = open_libpcap_live({.interface = "lo"});
  ASSERT_EQ(seteuid(root ? 0 : geteuid()), 0);
  if (source.has_value()) GTEST_SKIP() << "this user may capture";
  EXPECT_THAT(source.error().message(), HasSubstr("setcap cap_net_raw,cap_net_admin=ep"));
}

TEST(CompileFilter, an_expression_becomes_a_program_and_a_wrong_one_a_sentence) {
  if (geteuid() != 0) GTEST_SKIP() << "needs to open an interface";
  const auto program = compile_filter("tcp port 443 and not vlan 7", "lo", 96);
  ASSERT_TRUE(program.has_value()) << program.error().message();
  EXPECT_GT(program->size(), 4u);
  const auto wrong = compile_filter("tcp prot 443", "lo");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message(), HasSubstr("the filter \"tcp prot 443\" is wrong: "));
}

}  // namespace
}  // namespace weir::capture::libpcap_live
