// SPDX-License-Identifier: Apache-2.0
#include "capture/link_type.h"

#include <gtest/gtest.h>

namespace weir::capture {
namespace {

TEST(LinkType, numbers_have_the_names_of_the_registry) {
  EXPECT_EQ(link_type_name(0), "NULL (0)");
  EXPECT_EQ(link_type_name(127), "IEEE802_11_RADIOTAP (127)");
  EXPECT_EQ(link_type_name(276), "LINUX_SLL2 (276)");
  EXPECT_EQ(link_type_name(298), "SILABS_DEBUG_CHANNEL (298)");
  EXPECT_EQ(link_type_name(65535), "unassigned (65535)");
}

TEST(LinkType, only_what_can_be_decoded_is_taken_in) {
  EXPECT_EQ(supported_link_type(1), LinkType::ethernet);
  EXPECT_EQ(supported_link_type(12), LinkType::raw);
  EXPECT_EQ(supported_link_type(127), LinkType::radiotap);
  EXPECT_EQ(supported_link_type(189), std::nullopt);
  EXPECT_EQ(supported_link_type(0x10001), std::nullopt);
}

}  // namespace
}  // namespace weir::capture
