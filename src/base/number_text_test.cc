// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

namespace weir::base {
namespace {

std::string text(float value) {
  char buffer[kLongestNumber];
  return {buffer, write_number(buffer, value)};
}

std::string standard(float value) {
  char buffer[kLongestNumber];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

TEST(NumberText, every_whole_number_reads_as_the_standard_writes_it) {
  for (std::int32_t i = -100'100; i <= 100'100; ++i) {
    const auto value = static_cast<float>(i);
    ASSERT_EQ(text(value), standard(value));
  }
}

TEST(NumberText, so_does_any_other_float) {
  for (const float value : {0.0F, -0.0F, 0.5F, -0.5F, 1e-45F, 3.4e38F, 16'777'216.0F, 99'999.99F, 100'000.01F}) {
    EXPECT_EQ(text(value), standard(value));
  }
  std::mt19937 random(1);
  for (int i = 0; i < 500'000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(text(value), standard(value));
  }
}

}  // namespace
}  // namespace weir::base
