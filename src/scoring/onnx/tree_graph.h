// SPDX-License-Identifier: Apache-2.0
// TreeGraph: a sum of trees, read out of an ONNX graph that is one TreeEnsembleRegressor and nothing else: what
// python/weir/onnx_graphs.py and the stock converters write for boosted trees. The runtime gives no access to what a graph
// holds, so its bytes are read here: the few fields of the format (protobuf) that matter, with every length checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir::scoring::onnx {

struct TreeGraph {
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // A test `feature <= value`, or a leaf that adds `value`. Parents stand before their children.
  struct Node {
    float value = 0;
    std::uint32_t feature = kNone;                        // kNone: a leaf
    bool undefined_is_true = false;
    std::uint32_t when_true = kNone, when_false = kNone;  // in the same tree
  };

  std::vector<std::vector<Node>> trees;                   // summed up in this order
  float base = 0;                                         // added last
};

// Nothing when the graph is anything else, or has anything that TreeGraph cannot say (other comparisons, several targets, averages).
// `width`: the number of features.
std::optional<TreeGraph> read_tree_graph(std::span<const std::byte> model, std::size_t width);

}  // namespace weir::scoring::onnx
