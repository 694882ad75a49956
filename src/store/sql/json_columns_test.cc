// SPDX-License-Identifier: Apache-2.0
#include "store/sql/json_columns.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace weir::store::sql {
namespace {

TEST(JsonColumns, every_float_reads_back_to_the_same_bits) {
  std::mt19937 random(3);
  std::vector<float> numbers = {0.0f,
                                -0.0f,
                                0.1f,
                                16777217.0f,
                                std::numeric_limits<float>::denorm_min(),
                                std::numeric_limits<float>::max(),
                                -std::numeric_limits<float>::min()};
  while (numbers.size() < 20'000) {
    const float number = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isfinite(number)) numbers.push_back(number);
  }
  const auto read = numbers_from_json(numbers_json(numbers));
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    // JSON has no sign for an integer zero; it is the same number.
    ASSERT_TRUE((*read)[i] == numbers[i]) << numbers[i];
  }
}

TEST(JsonColumns, what_is_not_a_number_is_null_and_reads_back_as_nan) {
  const std::string json = numbers_json({1, std::nanf(""), std::numeric_limits<float>::infinity()});
  EXPECT_EQ(json, "[1,null,null]");
  EXPECT_TRUE(std::isnan(numbers_from_json(json)->at(1)));
}

TEST(JsonColumns, an_explanation_is_readable_by_other_programs) {
  const std::vector<scoring::Reason> reasons = {{"fwd \"pkts\"", 0.5f, 1, 0, 2, -0.25f}};
  EXPECT_EQ(explanation_json(reasons),
            R"({"reasons":[{"feature":"fwd \"pkts\"","value":0.5,"median":1,"low":0,"high":2,"contribution":-0.25,)"
            R"("sentence":"Fwd \"pkts\" is 0.5; 1 is common here."}]})");
  EXPECT_EQ(explanation_json({}), std::nullopt);
}

TEST(JsonColumns, other_json_and_no_json_is_an_error_in_words) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"reasons":1})", R"({"reasons":[1]})", R"({"reasons":[{"feature":2}]})"}) {
    const auto read = reasons_from_json(text);
    ASSERT_FALSE(read) << text;
    EXPECT_FALSE(read.error().message().empty());
  }
  EXPECT_FALSE(names_from_json("[1]"));
  EXPECT_FALSE(numbers_from_json("{}"));
}

}  // namespace
}  // namespace weir::store::sql
