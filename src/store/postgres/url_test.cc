// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/url.h"

#include <gmock/gmock.h>

namespace weir::store::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

TEST(PostgresUrl, what_is_shown_holds_no_password) {
  const auto url = parse_url("postgresql://ann:s3cret@db.example.org:5433/weir", 5s);
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->shown, "PostgreSQL weir at db.example.org:5433");
  EXPECT_THAT(url->connect_to, HasSubstr("password='s3cret'"));
  EXPECT_EQ(presentable("bad password s3cret for ann\nmore", *url), "bad password ... for ann");
}

TEST(PostgresUrl, both_schemes_are_known_and_escapes_are_understood) {
  const auto url = parse_url("postgres://ann:p%40ss%27w@h/d", 5s);
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->password, "p@ss'w");
  EXPECT_THAT(url->connect_to, HasSubstr(R"(password='p@ss\'w')"));
}

TEST(PostgresUrl, timeouts_are_set_unless_the_url_sets_them) {
  EXPECT_THAT(parse_url("postgresql://h/d", 7s)->connect_to, HasSubstr("connect_timeout='7'"));
  const auto url = parse_url("postgresql://h/d?connect_timeout=2", 7s);
  EXPECT_THAT(url->connect_to, HasSubstr("connect_timeout='2'"));
  EXPECT_THAT(url->connect_to, HasSubstr("tcp_user_timeout='10000'"));
}

TEST(PostgresUrl, what_is_no_url_is_refused_without_showing_any_of_it) {
  for (const char* text : {"", "postgresql:/s3cret", "mysql://u:s3cret@h/d", "postgresql://u:s3cret@h/d?nonsense=1",
                           "postgresql://u:s3cret@[::1/d", "postgresql://u:s3@cret@h/d"}) {
    const auto url = parse_url(text, 5s);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message(), Not(HasSubstr("s3cret")));
    EXPECT_THAT(url.error().message(), Not(HasSubstr("cret@")));
  }
  EXPECT_THAT(parse_url("postgresql://u:s3@cret@h/d", 5s).error().message(), HasSubstr("%40"));
}

}  // namespace
}  // namespace weir::store::postgres
