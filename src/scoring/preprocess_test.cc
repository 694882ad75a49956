// SPDX-License-Identifier: Apache-2.0
#include "scoring/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir::scoring {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Preprocessing two_features() {
  return {.mode = PreprocessMode::standard, .median = {5, 100}, .mean = {4, 50}, .scale = {2, 25}};
}

std::vector<float> standardise(Preprocessor& p, std::vector<float> raw) {
  std::vector<float> input(raw.size());
  p.standardise(raw, input);
  return input;
}

TEST(Preprocessor, columns_are_taken_by_the_bundles_order_out_of_wider_rows) {
  const Preprocessor p(two_features(), {3, 1});
  const std::vector<float> values = {10, 11, 12, 13, 20, 21, 22, 23};
  const features::RowView rows[] = {{.values = values.data()}, {.values = values.data() + 4}};
  std::vector<float> raw(4);
  p.select(rows, raw);
  EXPECT_THAT(raw, ElementsAre(13, 11, 23, 21));
}

TEST(Preprocessor, values_become_distances_from_the_mean_in_scales) {
  Preprocessor p(two_features(), {0, 1});
  EXPECT_THAT(standardise(p, {4, 100, 8, 0}), ElementsAre(0, 2, 2, -2));
  EXPECT_THAT(p.imputed(), ElementsAre(0, 0));
}

TEST(Preprocessor, nan_and_both_infinities_become_the_median_and_are_counted) {
  Preprocessor p(two_features(), {0, 1});
  EXPECT_THAT(standardise(p, {kNaN, kInf, -kInf, 50}), ElementsAre(0.5F, 2, 0.5F, 0));
  EXPECT_THAT(p.imputed(), ElementsAre(2, 1));
}

TEST(Preprocessor, a_mean_that_is_huge_against_its_spread_keeps_its_digits) {
  Preprocessor p({.mode = PreprocessMode::standard, .median = {0}, .mean = {1.6e7 + 0.25}, .scale = {0.5}}, {0});
  EXPECT_THAT(standardise(p, {1.6e7F + 1}), ElementsAre(FloatEq(1.5F)));
}

TEST(Preprocessor, the_largest_float_is_a_value_and_not_infinity) {
  Preprocessor p({.mode = PreprocessMode::standard, .median = {0}, .mean = {0}, .scale = {1}}, {0});
  constexpr float kMax = std::numeric_limits<float>::max();
  EXPECT_THAT(standardise(p, {kMax, -kMax}), ElementsAre(kMax, -kMax));
  EXPECT_THAT(p.imputed(), ElementsAre(0));
}

TEST(Preprocessor, in_graph_passes_raw_values_and_the_median_for_undefined_ones) {
  Preprocessor p({.mode = PreprocessMode::in_graph, .median = {5}, .mean = {}, .scale = {}}, {0});
  EXPECT_THAT(standardise(p, {7, kNaN, -kInf}), ElementsAre(7, 5, 5));
  EXPECT_THAT(p.imputed(), ElementsAre(2));
}

TEST(Preprocessor, in_graph_without_medians_leaves_nan_to_the_graph_but_never_infinity) {
  Preprocessor p({.mode = PreprocessMode::in_graph, .median = {}, .mean = {}, .scale = {}}, {0});
  const std::vector<float> input = standardise(p, {7, kNaN, kInf});
  EXPECT_EQ(input[0], 7);
  EXPECT_TRUE(std::isnan(input[1]));
  EXPECT_TRUE(std::isnan(input[2]));
}

}  // namespace
}  // namespace weir::scoring
