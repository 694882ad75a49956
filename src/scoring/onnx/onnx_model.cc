// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/onnx_model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scoring/onnx/forest.h"
#include "scoring/onnx/graph_shape.h"
#include "scoring/onnx/runtime.h"
#include "scoring/onnx/tree_graph.h"

namespace weir::scoring::onnx {

namespace {

// One thread: more of them bring little on graphs of this size, and the cores belong to the capture workers.
Ort::SessionOptions session_options() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  return options;
}

// The runtime's messages hold line breaks and its own source positions; a user gets one line.
std::string one_line(std::string_view message) {
  std::string line(message.substr(0, 300));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

base::Result<> copy_tensor(const Ort::Value& value, std::size_t rows, std::span<float> output) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::vector<std::int64_t> shape = info.GetShape();
  const bool right = info.GetElementCount() == output.size() && !shape.empty() && shape.size() <= 2 &&
                     shape[0] == static_cast<std::int64_t>(rows);
  if (!right) {
    return base::fail(
        fmt::format("the graph gave {} numbers for {} rows, not {}", info.GetElementCount(), rows, output.size()));
  }
  const float* numbers = value.GetTensorData<float>();
  std::copy(numbers, numbers + output.size(), output.begin());
  return {};
}

// Where in a row of labels each entry of a map belongs: by class index or by label. Entries come in any order.
std::vector<std::size_t> key_positions(const Ort::Value& keys, std::span<const std::string> labels) {
  const std::size_t count = keys.GetTensorTypeAndShapeInfo().GetElementCount();
  std::vector<std::size_t> positions;
  if (keys.GetTensorTypeAndShapeInfo().GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64) {
    const std::int64_t* index = keys.GetTensorData<std::int64_t>();
    for (std::size_t i = 0; i < count; ++i) positions.push_back(static_cast<std::size_t>(index[i]));
    return positions;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = std::find(labels.begin(), labels.end(), keys.GetStringTensorElement(i));
    positions.push_back(static_cast<std::size_t>(found - labels.begin()));
  }
  return positions;
}

base::Result<> copy_map(const Ort::Value& map, std::span<const std::string> labels, std::span<float> row) {
  const Ort::AllocatorWithDefaultOptions allocator;
  const Ort::Value keys = map.GetValue(0, allocator);
  const Ort::Value values = map.GetValue(1, allocator);
  const std::vector<std::size_t> positions = key_positions(keys, labels);
  if (positions.size() != row.size()) {
    return base::fail(fmt::format("the graph gave {} classes, the manifest names {}", positions.size(), row.size()));
  }
  const float* numbers = values.GetTensorData<float>();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] >= row.size()) return base::fail("the graph gave a class that the manifest does not name");
    row[positions[i]] = numbers[i];
  }
  return {};
}

base::Result<> copy_maps(const Ort::Value& sequence, std::size_t rows, std::span<const std::string> labels,
                         std::span<float> output) {
  if (sequence.GetCount() != rows) {
    return base::fail(fmt::format("the graph gave {} results for {} rows", sequence.GetCount(), rows));
  }
  const Ort::AllocatorWithDefaultOptions allocator;
  for (std::size_t i = 0; i < rows; ++i) {
    const Ort::Value map = sequence.GetValue(static_cast<int>(i), allocator);
    if (auto r = copy_map(map, labels, output.subspan(i * labels.size(), labels.size())); !r) return r;
  }
  return {};
}

class OnnxModel final : public Model {
 public:
  OnnxModel(Ort::Env env, Ort::Session session, GraphShape shape, std::size_t width, std::vector<std::string> labels)
      : env_(std::move(env)),
        session_(std::move(session)),
        shape_(std::move(shape)),
        width_(width),
        labels_(std::move(labels)) {}

  base::Result<> run(std::span<const float> input, std::size_t rows, std::span<float> output) override {
    if (forest_) {
      forest_->run(input, rows, width_, output);
      return {};
    }
    return ask_runtime(input, rows, output);
  }

  // Trees are summed up by our own code where that gives what the runtime gives, bit for bit, on rows made to find a difference.
  void speed_up(const TreeGraph& trees) {
    constexpr std::size_t kRows = 512;
    std::optional<Forest> forest = Forest::plant(trees);
    if (!forest) return;
    const std::vector<float> rows = Forest::probe(trees, kRows, width_);
    std::vector<float> expected(kRows), got(kRows);
    if (!ask_runtime(rows, kRows, expected)) return;
    forest->run(rows, kRows, width_, got);
    if (std::memcmp(expected.data(), got.data(), kRows * sizeof(float)) == 0) forest_ = std::move(forest);
  }

 private:
  base::Result<> ask_runtime(std::span<const float> input, std::size_t rows, std::span<float> output) {
    try {
      return run_session(input, rows, output);
    } catch (const std::exception& e) {
      return base::fail("ONNX Runtime: " + one_line(e.what()));
    }
  }

  base::Result<> run_session(std::span<const float> input, std::size_t rows, std::span<float> output) {
    const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(width_)};
    // The runtime's interface lacks the const; it only reads an input.
    const Ort::Value tensor = Ort::Value::CreateTensor<float>(memory_, const_cast<float*>(input.data()), input.size(),
                                                              shape.data(), shape.size());
    const char* in = shape_.input.c_str();
    const char* out = shape_.output.c_str();
    const std::vector<Ort::Value> values = session_.Run(Ort::RunOptions(nullptr), &in, &tensor, 1, &out, 1);
    return shape_.maps ? copy_maps(values.at(0), rows, labels_, output) : copy_tensor(values.at(0), rows, output);
  }

  Ort::Env env_;  // counted by the runtime: all models share one
  Ort::Session session_;
  const GraphShape shape_;
  const std::size_t width_;
  const std::vector<std::string> labels_;
  std::optional<Forest> forest_;
  const Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
};

base::Result<std::unique_ptr<Model>> load_session(const ModelSpec& spec) {
  Ort::Env env(ORT_LOGGING_LEVEL_FATAL, "weir");  // what goes wrong comes back as an Error, not as a line on stderr
  Ort::Session session(env, spec.graph.data(), spec.graph.size(), session_options());
  base::Result<GraphShape> shape = check_shape(session, spec);
  if (!shape) return base::fail(shape.error());
  std::vector<std::string> labels(spec.labels.begin(), spec.labels.end());
  auto model =
      std::make_unique<OnnxModel>(std::move(env), std::move(session), std::move(*shape), spec.width, std::move(labels));
  if (const auto trees = read_tree_graph(spec.graph, spec.width); trees && spec.labels.empty()) model->speed_up(*trees);
  return model;
}

}  // namespace

base::Result<std::unique_ptr<Model>> load_model(const ModelSpec& spec) {
  if (auto r = init_runtime(); !r) return base::fail(r.error());
  try {
    return load_session(spec);
  } catch (const std::exception& e) {
    return base::fail("ONNX Runtime: " + one_line(e.what()));
  }
}

}  // namespace weir::scoring::onnx
