// SPDX-License-Identifier: Apache-2.0
#include "store/sql/text.h"

#include <gtest/gtest.h>

namespace weir::store::sql {
namespace {

TEST(Text, valid_utf8_is_left_as_it_is) {
  for (const char* text : {"", "plain", "Ärger", "端口扫描", "🙂"}) {
    EXPECT_TRUE(is_storable(text)) << text;
    EXPECT_EQ(storable(text), text);
  }
}

TEST(Text, nul_is_left_out_and_what_is_not_utf8_is_replaced) {
  const std::string with_nul("a\0b", 3);
  EXPECT_FALSE(is_storable(with_nul));
  EXPECT_EQ(storable(with_nul), "ab");
  EXPECT_FALSE(is_storable("a\xff"));
  EXPECT_EQ(storable("a\xff"), "a\xEF\xBF\xBD");
  EXPECT_EQ(storable("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");  // an overlong NUL
}

TEST(Text, a_pattern_takes_its_wildcards_literally) {
  EXPECT_EQ(contains_pattern("scan"), "%scan%");
  EXPECT_EQ(contains_pattern(R"(1_0%\)"), R"(%1\_0\%\\%)");
}

}  // namespace
}  // namespace weir::store::sql
