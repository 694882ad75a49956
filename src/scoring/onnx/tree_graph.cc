// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/tree_graph.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

namespace weir::scoring::onnx {

namespace {

using Bytes = std::span<const std::byte>;

// One field of a protobuf message. https://protobuf.dev/programming-guides/encoding
struct Field {
  std::uint32_t number = 0;
  std::uint32_t wire = 0;
  std::uint64_t value = 0;  // varint, or the bits of a fixed number
  Bytes bytes;              // length-delimited
};

// Walks over the fields of a message; ok() is false once something does not fit.
class Fields {
 public:
  explicit Fields(Bytes message) : rest_(message) {}

  bool ok() const { return ok_; }

  std::optional<Field> next() {
    if (rest_.empty() || !ok_) return std::nullopt;
    const std::uint64_t tag = varint();
    Field field{
        .number = static_cast<std::uint32_t>(tag >> 3), .wire = static_cast<std::uint32_t>(tag & 7), .bytes = {}};
    switch (field.wire) {
      case 0: field.value = varint(); break;
      case 1: field.value = fixed(8); break;
      case 2: field.bytes = take(varint()); break;
      case 5: field.value = fixed(4); break;
      default: ok_ = false;
    }
    if (!ok_) return std::nullopt;
    return field;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const Bytes byte = take(1);
      if (!ok_) return 0;
      value |= std::to_integer<std::uint64_t>(byte[0] & std::byte{0x7F}) << shift;
      if ((byte[0] & std::byte{0x80}) == std::byte{0}) return value;
    }
    ok_ = false;
    return 0;
  }

  std::uint64_t fixed(std::size_t size) {
    const Bytes from = take(size);
    std::uint64_t value = 0;
    for (std::size_t i = from.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(from[i]);
    return value;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  Bytes take(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  Bytes rest_;
  bool ok_ = true;
};

std::string_view text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

float float_of(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

// Field numbers of onnx.proto.
namespace number {
constexpr std::uint32_t kModelGraph = 7;
constexpr std::uint32_t kGraphNode = 1;
constexpr std::uint32_t kNodeOperator = 4, kNodeAttribute = 5, kNodeDomain = 7;
constexpr std::uint32_t kName = 1, kInt = 3, kString = 4, kFloats = 7, kInts = 8, kStrings = 9;
}  // namespace number

struct Attribute {
  std::string_view name;
  std::int64_t number = 0;
  std::string_view word;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
  std::vector<std::string_view> words;
};

// Repeated numbers stand alone or packed into one field.
bool read_attribute(Bytes bytes, Attribute& attribute) {
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    Fields packed(field->bytes);
    switch (field->number) {
      case number::kName: attribute.name = text(field->bytes); break;
      case number::kInt: attribute.number = static_cast<std::int64_t>(field->value); break;
      case number::kString: attribute.word = text(field->bytes); break;
      case number::kFloats:
        if (field->wire != 2) attribute.floats.push_back(float_of(field->value));
        while (field->wire == 2 && !packed.at_end() && packed.ok())
          attribute.floats.push_back(float_of(packed.fixed(4)));
        break;
      case number::kInts:
        if (field->wire != 2) attribute.ints.push_back(static_cast<std::int64_t>(field->value));
        while (field->wire == 2 && !packed.at_end() && packed.ok())
          attribute.ints.push_back(static_cast<std::int64_t>(packed.varint()));
        break;
      case number::kStrings: attribute.words.push_back(text(field->bytes)); break;
      default: break;
    }
    if (!packed.ok() && field->wire == 2 && (field->number == number::kFloats || field->number == number::kInts))
      return false;
  }
  return fields.ok();
}

struct Operator {
  std::string_view name, domain;
  std::map<std::string_view, Attribute> attributes;
};

bool read_operator(Bytes bytes, Operator& op) {
  Fields fields(bytes);
  while (const auto field = fields.next()) {
    if (field->number == number::kNodeOperator) op.name = text(field->bytes);
    if (field->number == number::kNodeDomain) op.domain = text(field->bytes);
    if (field->number != number::kNodeAttribute) continue;
    Attribute attribute;
    if (!read_attribute(field->bytes, attribute)) return false;
    op.attributes[attribute.name] = std::move(attribute);
  }
  return fields.ok();
}

// The graph's only operator.
std::optional<Operator> only_operator(Bytes model) {
  std::optional<Operator> op;
  Fields of_model(model);
  while (const auto graph = of_model.next()) {
    if (graph->number != number::kModelGraph) continue;
    Fields of_graph(graph->bytes);
    while (const auto node = of_graph.next()) {
      if (node->number != number::kGraphNode) continue;
      if (op || !read_operator(node->bytes, op.emplace())) return std::nullopt;
    }
    if (!of_graph.ok()) return std::nullopt;
  }
  if (!of_model.ok()) return std::nullopt;
  return op;
}

// The operator's columns: one entry for each node, and for each leaf's weight.
struct Columns {
  std::vector<std::int64_t> tree, id, feature, when_true, when_false, undefined_is_true;
  std::vector<float> value;
  std::vector<std::string_view> mode;
  std::vector<std::int64_t> leaf_tree, leaf_id;
  std::vector<float> weight;
};

std::optional<Columns> columns_of(Operator& op) {
  auto& attributes = op.attributes;
  Columns c{.tree = std::move(attributes["nodes_treeids"].ints),
            .id = std::move(attributes["nodes_nodeids"].ints),
            .feature = std::move(attributes["nodes_featureids"].ints),
            .when_true = std::move(attributes["nodes_truenodeids"].ints),
            .when_false = std::move(attributes["nodes_falsenodeids"].ints),
            .undefined_is_true = std::move(attributes["nodes_missing_value_tracks_true"].ints),
            .value = std::move(attributes["nodes_values"].floats),
            .mode = std::move(attributes["nodes_modes"].words),
            .leaf_tree = std::move(attributes["target_treeids"].ints),
            .leaf_id = std::move(attributes["target_nodeids"].ints),
            .weight = std::move(attributes["target_weights"].floats)};
  const std::size_t nodes = c.tree.size(), leaves = c.leaf_tree.size();
  if (c.undefined_is_true.empty()) c.undefined_is_true.resize(nodes);
  const auto long_enough = [&](const auto&... columns) { return ((columns.size() == nodes) && ...); };
  if (!long_enough(c.id, c.feature, c.when_true, c.when_false, c.undefined_is_true, c.value, c.mode))
    return std::nullopt;
  if (c.leaf_id.size() != leaves || c.weight.size() != leaves) return std::nullopt;
  return c;
}

// Puts the trees together from the columns.
class Builder {
 public:
  Builder(const Columns& columns, std::size_t width) : columns_(columns), width_(width) {
    for (std::size_t i = 0; i < columns.tree.size(); ++i) at_[{columns.tree[i], columns.id[i]}] = i;
    for (std::size_t i = 0; i < columns.leaf_tree.size(); ++i) {
      once_ &= weights_.try_emplace({columns.leaf_tree[i], columns.leaf_id[i]}, columns.weight[i]).second;
    }
    once_ &= at_.size() == columns.tree.size();
  }

  // A tree's root is its first node.
  std::optional<std::vector<std::vector<TreeGraph::Node>>> trees() {
    std::vector<std::vector<TreeGraph::Node>> trees;
    std::map<std::int64_t, bool> seen;
    std::size_t used = 0;
    for (std::size_t i = 0; i < columns_.tree.size() && once_; ++i) {
      if (!seen.try_emplace(columns_.tree[i], true).second) continue;
      tree_.clear();
      if (!add(i)) return std::nullopt;
      used += tree_.size();
      trees.push_back(std::move(tree_));
    }
    if (!once_ || used != columns_.tree.size()) return std::nullopt;  // a node is left over, or was met twice
    return trees;
  }

 private:
  using Key = std::pair<std::int64_t, std::int64_t>;
  static constexpr std::size_t kMostNodes = 4096;  // of a tree; also what stops at a loop

  bool add(std::size_t i) {
    if (tree_.size() == kMostNodes) return false;
    const std::size_t at = tree_.size();
    TreeGraph::Node& node = tree_.emplace_back();
    if (columns_.mode[i] == "LEAF") {
      const auto weight = weights_.find({columns_.tree[i], columns_.id[i]});
      if (weight == weights_.end()) return false;
      node.value = weight->second;
      return true;
    }
    if (columns_.mode[i] != "BRANCH_LEQ") return false;
    if (columns_.feature[i] < 0 || static_cast<std::uint64_t>(columns_.feature[i]) >= width_) return false;
    node.value = columns_.value[i];
    node.feature = static_cast<std::uint32_t>(columns_.feature[i]);
    node.undefined_is_true = columns_.undefined_is_true[i] != 0;
    return add_child(i, at, columns_.when_true[i], &TreeGraph::Node::when_true) &&
           add_child(i, at, columns_.when_false[i], &TreeGraph::Node::when_false);
  }

  bool add_child(std::size_t parent, std::size_t at, std::int64_t id, std::uint32_t TreeGraph::Node::* child) {
    const auto found = at_.find({columns_.tree[parent], id});
    if (found == at_.end()) return false;
    tree_[at].*child = static_cast<std::uint32_t>(tree_.size());
    return add(found->second);
  }

  const Columns& columns_;
  const std::size_t width_;
  std::map<Key, std::size_t> at_;
  std::map<Key, float> weights_;
  bool once_ = true;  // no node, and no weight, is named twice
  std::vector<TreeGraph::Node> tree_;
};

// Whether it only adds up one number, as TreeGraph does.
bool is_plain_sum(Operator& op) {
  static constexpr std::string_view kKnown[] = {"aggregate_function",
                                                "base_values",
                                                "n_targets",
                                                "nodes_falsenodeids",
                                                "nodes_featureids",
                                                "nodes_hitrates",
                                                "nodes_modes",
                                                "nodes_nodeids",
                                                "nodes_treeids",
                                                "nodes_truenodeids",
                                                "nodes_values",
                                                "post_transform",
                                                "target_ids",
                                                "target_nodeids",
                                                "target_treeids",
                                                "target_weights",
                                                "nodes_missing_value_tracks_true"};
  const bool known = std::all_of(op.attributes.begin(), op.attributes.end(), [](const auto& attribute) {
    return std::find(std::begin(kKnown), std::end(kKnown), attribute.first) != std::end(kKnown);
  });
  const auto word = [&](std::string_view name, std::string_view usual) {
    const auto found = op.attributes.find(name);
    return found == op.attributes.end() || found->second.word == usual;
  };
  return known && op.name == "TreeEnsembleRegressor" && op.domain == "ai.onnx.ml" &&
         word("aggregate_function", "SUM") && word("post_transform", "NONE") &&
         op.attributes["n_targets"].number == 1 && op.attributes["base_values"].floats.size() <= 1;
}

}  // namespace

std::optional<TreeGraph> read_tree_graph(std::span<const std::byte> model, std::size_t width) {
  std::optional<Operator> op = only_operator(model);
  if (!op || !is_plain_sum(*op)) return std::nullopt;
  const std::optional<Columns> columns = columns_of(*op);
  if (!columns) return std::nullopt;
  auto trees = Builder(*columns, width).trees();
  if (!trees || trees->empty()) return std::nullopt;
  const std::vector<float>& base = op->attributes["base_values"].floats;
  return TreeGraph{.trees = std::move(*trees), .base = base.empty() ? 0 : base.front()};
}

}  // namespace weir::scoring::onnx
