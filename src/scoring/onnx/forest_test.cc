// SPDX-License-Identifier: Apache-2.0
// The forest against the runtime, bit for bit, on graphs that others wrote and on bytes that are no such graph.
#include "scoring/onnx/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "scoring/bundle.h"
#include "scoring/onnx/runtime.h"
#include "scoring/onnx/tree_graph.h"

namespace weir::scoring::onnx {
namespace {

std::vector<float> ask_runtime(std::span<const std::byte> graph, std::vector<float> rows, std::size_t width) {
  EXPECT_TRUE(init_runtime());
  Ort::Env env(ORT_LOGGING_LEVEL_FATAL, "test");
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  Ort::Session session(env, graph.data(), graph.size(), options);
  const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  const std::int64_t shape[] = {static_cast<std::int64_t>(rows.size() / width), static_cast<std::int64_t>(width)};
  const Ort::Value tensor = Ort::Value::CreateTensor<float>(memory, rows.data(), rows.size(), shape, 2);
  const Ort::AllocatorWithDefaultOptions allocator;
  const auto in = session.GetInputNameAllocated(0, allocator), out = session.GetOutputNameAllocated(0, allocator);
  const char *in_name = in.get(), *out_name = out.get();
  const auto values = session.Run(Ort::RunOptions(nullptr), &in_name, &tensor, 1, &out_name, 1);
  const float* scores = values[0].GetTensorData<float>();
  return {scores, scores + shape[0]};
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

class TreeBundle : public testing::TestWithParam<const char*> {
 protected:
  const Bundle bundle_ = *read_bundle(GetParam());
  const std::size_t width_ = bundle_.manifest.width();
  const std::optional<TreeGraph> trees_ = read_tree_graph(bundle_.anomaly_graph, width_);
};

TEST_P(TreeBundle, is_summed_up_as_the_runtime_does_to_the_last_bit) {
  ASSERT_TRUE(trees_);
  std::optional<Forest> forest = Forest::plant(*trees_);
  ASSERT_TRUE(forest);
  for (const std::size_t rows : {1UL, 15UL, 16UL, 1003UL}) {
    const std::vector<float> input = Forest::probe(*trees_, rows, width_);
    std::vector<float> sums(rows);
    forest->run(input, rows, width_, sums);
    EXPECT_TRUE(same_bits(sums, ask_runtime(bundle_.anomaly_graph, input, width_))) << rows;
  }
}

TEST_P(TreeBundle, is_told_from_one_in_which_anything_is_changed) {
  ASSERT_TRUE(trees_);
  constexpr std::size_t kRows = 512;
  const std::vector<float> input = Forest::probe(*trees_, kRows, width_);
  const auto sums_of = [&](const TreeGraph& trees) {
    std::vector<float> sums(kRows);
    Forest::plant(trees)->run(input, kRows, width_, sums);
    return sums;
  };
  const std::vector<float> right = sums_of(*trees_);
  TreeGraph changed = *trees_;
  changed.trees[1][0].value = std::nextafter(changed.trees[1][0].value, -INFINITY);
  EXPECT_FALSE(same_bits(sums_of(changed), right)) << "a bound";
  changed = *trees_;
  changed.trees[1][0].undefined_is_true ^= true;
  EXPECT_FALSE(same_bits(sums_of(changed), right)) << "where undefined values go";
  changed = *trees_;
  std::reverse(changed.trees.begin(), changed.trees.end());
  EXPECT_FALSE(same_bits(sums_of(changed), right)) << "the order of adding";
}

INSTANTIATE_TEST_SUITE_P(Bundles, TreeBundle, testing::Values("models/default", "tests/bundles/lightgbm"),
                         [](const auto& which) { return which.index == 0 ? "default_model" : "lightgbm"; });

TEST(TreeGraph, what_is_not_one_sum_of_trees_is_left_to_the_runtime) {
  const Bundle neural = *read_bundle("tests/bundles/neural");
  EXPECT_FALSE(read_tree_graph(neural.anomaly_graph, neural.manifest.width()));
  const Bundle trees = *read_bundle("tests/bundles/lightgbm");
  EXPECT_FALSE(read_tree_graph(trees.attack_graph, trees.manifest.width())) << "a softmax follows";
  EXPECT_FALSE(read_tree_graph(trees.anomaly_graph, 2)) << "it asks for more features than there are";
  EXPECT_FALSE(read_tree_graph({}, 12));
}

TEST(TreeGraph, damaged_bytes_are_read_without_harm) {
  const Bundle bundle = *read_bundle("tests/bundles/lightgbm");
  const std::size_t width = bundle.manifest.width();
  std::vector<std::byte> bytes(bundle.anomaly_graph.begin(), bundle.anomaly_graph.end());
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 300) {
    read_tree_graph(std::span(bytes).first(length), width);
  }
  std::mt19937 random(1);
  std::size_t read = 0;
  for (int round = 0; round < 500; ++round) {
    const std::size_t at = random() % bytes.size();
    const std::byte before = bytes[at];
    bytes[at] = static_cast<std::byte>(random());
    if (const auto trees = read_tree_graph(bytes, width)) {
      ++read;
      std::vector<float> sums(16);
      if (auto forest = Forest::plant(*trees)) forest->run(Forest::probe(*trees, 16, width), 16, width, sums);
    }
    bytes[at] = before;
  }
  EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace weir::scoring::onnx
