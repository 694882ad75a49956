// SPDX-License-Identifier: Apache-2.0
#include "store/sql/migrations.h"

#include <gtest/gtest.h>

namespace weir::store::sql {
namespace {

constexpr Migration kThree[] = {{1, "001_a", ""}, {2, "002_b", ""}, {3, "003_c", ""}};

TEST(Migrations, both_databases_have_the_same_steps) {
  const auto sqlite = sqlite_migrations(), postgres = postgres_migrations();
  ASSERT_EQ(sqlite.size(), postgres.size());
  for (std::size_t i = 0; i < sqlite.size(); ++i) {
    EXPECT_EQ(sqlite[i].version, static_cast<int>(i) + 1);
    EXPECT_EQ(sqlite[i].name, postgres[i].name);
    EXPECT_FALSE(sqlite[i].sql.empty());
  }
}

TEST(Migrations, what_is_missing_is_applied_in_order) {
  EXPECT_EQ(still_to_apply(kThree, {})->size(), 3u);
  EXPECT_EQ(still_to_apply(kThree, {1, 2})->front().version, 3);
  EXPECT_TRUE(still_to_apply(kThree, {1, 2, 3})->empty());
}

TEST(Migrations, a_gap_and_a_newer_schema_are_refused) {
  EXPECT_NE(still_to_apply(kThree, {1, 3}).error().message().find("step 2 is missing"), std::string::npos);
  EXPECT_NE(still_to_apply(kThree, {1, 2, 3, 4}).error().message().find("a newer weir"), std::string::npos);
}

}  // namespace
}  // namespace weir::store::sql
