// SPDX-License-Identifier: Apache-2.0
#include "capture/interfaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::capture {
namespace {

TEST(Interfaces, the_loopback_interface_is_listed_as_what_it_is) {
  const auto interfaces = list_interfaces();
  const auto loopback = std::ranges::find(interfaces, "lo", &Interface::name);
  ASSERT_NE(loopback, interfaces.end());
  EXPECT_TRUE(loopback->loopback);
  EXPECT_EQ(loopback->link_type, "loopback (Ethernet)");
}

TEST(Interfaces, the_sentence_names_each_of_them) {
  for (const Interface& interface : list_interfaces())
    EXPECT_THAT(interfaces_sentence(), testing::HasSubstr(interface.name));
}

}  // namespace
}  // namespace weir::capture
