// SPDX-License-Identifier: Apache-2.0
#include "api/url.h"

#include <gtest/gtest.h>

namespace weir::api {
namespace {

TEST(Url, a_target_is_split_into_its_decoded_path_and_pairs) {
  const auto target = parse_target("/api/a%20b?x=1&y&z=%C3%A9+%2B&&x=2");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/a b");
  const QueryPairs expected = {{"x", "1"}, {"y", ""}, {"z", "\xc3\xa9 +"}, {"x", "2"}};
  EXPECT_EQ(target->query, expected);
}

TEST(Url, a_plus_in_a_path_is_a_plus) { EXPECT_EQ(parse_target("/a+b")->path, "/a+b"); }

TEST(Url, an_escape_at_the_very_end_is_decoded) { EXPECT_EQ(percent_decode("a%41", false), "aA"); }

TEST(Url, broken_escapes_are_refused) {
  for (const char* text : {"%", "%4", "a%4", "%zz", "%%41", "%4%31"}) EXPECT_FALSE(percent_decode(text, false)) << text;
}

TEST(Url, control_characters_and_broken_utf8_are_refused) {
  for (const char* text :
       {"%00", "%0a", "%7F", "%ff", "%c3", "%c0%af", "%ed%a0%80", "%e2%82", "%f5%80%80%80", "%f0%80%80%80"}) {
    EXPECT_FALSE(percent_decode(text, false)) << text;
  }
  EXPECT_EQ(percent_decode("%f0%9f%90%9f", false), "\xf0\x9f\x90\x9f");
}

TEST(Url, paths_that_climb_are_refused_however_they_are_written) {
  for (const char* target : {"/..", "/../etc/passwd", "/a/../b", "/%2e%2e/x", "/a/%2E./b", "/.%2e", "/a//b", "//etc",
                             "/./a", "/a/..?x=1", "etc", "", "?x=1", "http://other/"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
  EXPECT_TRUE(parse_target("/a..b/...c"));
  EXPECT_TRUE(parse_target("/a/"));
}

}  // namespace
}  // namespace weir::api
