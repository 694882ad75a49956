// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/forest.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <utility>

#include "base/check.h"

namespace weir::scoring::onnx {

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

std::optional<Forest> Forest::plant(const TreeGraph& graph) {
  Forest forest;
  std::map<std::pair<std::uint32_t, bool>, std::uint32_t> columns;
  std::size_t most_nodes = 0;
  for (const auto& tree : graph.trees) {
    if (tree.size() > kMostNodes) return std::nullopt;
    most_nodes = std::max(most_nodes, tree.size());
    Tree& counts = forest.trees_.emplace_back();
    for (std::size_t i = 0; i < tree.size(); ++i) {
      const TreeGraph::Node& node = tree[i];
      const auto place = static_cast<std::uint16_t>(i);
      if (node.feature == TreeGraph::kNone) {
        forest.leaves_.push_back({node.value, place});
        ++counts.leaves;
        continue;
      }
      const auto column = columns.try_emplace({node.feature, node.undefined_is_true}, columns.size()).first->second;
      forest.tests_.push_back({node.value, column, place, static_cast<std::uint16_t>(node.when_true),
                               static_cast<std::uint16_t>(node.when_false)});
      ++counts.tests;
    }
  }
  if (forest.leaves_.size() > kMostLeaves * graph.trees.size()) return std::nullopt;
  forest.columns_.resize(columns.size());
  for (const auto& [column, at] : columns) {
    const float undefined = column.second ? -kInfinity : std::numeric_limits<float>::quiet_NaN();
    forest.columns_[at] = {column.first, undefined};
  }
  forest.base_ = graph.base;
  forest.lanes_.resize(columns.size());
  forest.masks_.resize(most_nodes);
  forest.sum_up_for_this_machine_ = &sum_up_plain;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) forest.sum_up_for_this_machine_ = &sum_up_half;
  if (__builtin_cpu_supports("avx512f")) forest.sum_up_for_this_machine_ = &sum_up_wide;
#endif
  return forest;
}

void Forest::run(std::span<const float> input, std::size_t rows, std::size_t width, std::span<float> output) {
  WEIR_CHECK(input.size() == rows * width && output.size() == rows);
  for (std::size_t at = 0; at < rows; at += kLanes) {
    const std::size_t count = std::min(kLanes, rows - at);
    fill_lanes(input.data() + at * width, count, width);
    sum_up_for_this_machine_(*this);
    for (std::size_t r = 0; r < count; ++r) output[at + r] = sums_.x[r] + base_;
  }
}

void Forest::fill_lanes(const float* input, std::size_t rows, std::size_t width) {
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = input + r * width;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const float x = row[columns_[c].feature];
      lanes_[c].x[r] = std::isnan(x) ? columns_[c].undefined : x;
    }
  }
}

[[gnu::always_inline]] inline void Forest::sum_up() {
  const Lanes* const lanes = lanes_.data();
  Masks* const masks = masks_.data();
  const Test* test = tests_.data();
  const Leaf* leaf = leaves_.data();
  Floats sums = {};
  for (const Tree& tree : trees_) {
    masks[0].x = ~Bits{};
    for (const Test* const end = test + tree.tests; test != end; ++test) {
      const Bits here = masks[test->node].x, passed = lanes[test->column].x <= test->value;
      masks[test->when_true].x = here & passed;
      masks[test->when_false].x = here & ~passed;
    }
    for (const Leaf* const end = leaf + tree.leaves; leaf != end; ++leaf) {
      sums += reinterpret_cast<Floats>(masks[leaf->node].x & std::bit_cast<std::int32_t>(leaf->weight));
    }
  }
  sums_.x = sums;
}

#ifdef __x86_64__
[[gnu::target("avx512f")]] void Forest::sum_up_wide(Forest& forest) { forest.sum_up(); }
[[gnu::target("avx2")]] void Forest::sum_up_half(Forest& forest) { forest.sum_up(); }
#endif
void Forest::sum_up_plain(Forest& forest) { forest.sum_up(); }

std::vector<float> Forest::probe(const TreeGraph& graph, std::size_t rows, std::size_t width) {
  std::vector<std::vector<float>> bounds(width, {0});
  for (const auto& tree : graph.trees) {
    for (const TreeGraph::Node& node : tree) {
      if (node.feature != TreeGraph::kNone) bounds[node.feature].push_back(node.value);
    }
  }
  std::minstd_rand random(1);
  std::vector<float> values;
  for (std::size_t i = 0; i < rows * width; ++i) {
    const std::vector<float>& some = bounds[i % width];
    const float bound = some[random() % some.size()];
    switch (random() % 5) {
      case 0: values.push_back(std::numeric_limits<float>::quiet_NaN()); break;
      case 1: values.push_back(std::nextafter(bound, kInfinity)); break;
      case 2: values.push_back(std::nextafter(bound, -kInfinity)); break;
      default: values.push_back(bound);
    }
  }
  return values;
}

}  // namespace weir::scoring::onnx
