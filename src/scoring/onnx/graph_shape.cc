// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/graph_shape.h"

#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::scoring::onnx {

namespace {

constexpr std::int64_t kAnySize = -1;

struct OutputInfo {
  std::string name = {};
  ONNXType type = ONNX_TYPE_UNKNOWN;
  bool float32 = false;                  // tensors only
  std::vector<std::int64_t> shape = {};  // tensors only
};

OutputInfo output_info(Ort::Session& session, std::size_t index) {
  OutputInfo info{.name = session.GetOutputNameAllocated(index, Ort::AllocatorWithDefaultOptions()).get()};
  const Ort::TypeInfo type = session.GetOutputTypeInfo(index);
  info.type = type.GetONNXType();
  if (info.type == ONNX_TYPE_TENSOR) {
    const auto tensor = type.GetTensorTypeAndShapeInfo();
    info.float32 = tensor.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    info.shape = tensor.GetShape();
  }
  return info;
}

// A size that the graph leaves open is believed here and checked at each run.
bool may_be(std::int64_t size, std::size_t wanted) {
  return size == kAnySize || size == static_cast<std::int64_t>(wanted);
}

bool fits(const OutputInfo& output, const ModelSpec& spec) {
  const bool wants_score = spec.labels.empty();
  if (output.type == ONNX_TYPE_SEQUENCE) return !wants_score;
  if (output.type != ONNX_TYPE_TENSOR || !output.float32) return false;
  if (output.shape.empty()) return true;  // no shape at all is written in the graph
  if (wants_score && output.shape.size() == 1) return true;
  return output.shape.size() == 2 && may_be(output.shape[1], wants_score ? 1 : spec.labels.size());
}

std::string describe(const OutputInfo& output) {
  if (output.type != ONNX_TYPE_TENSOR) return output.name + " (not a tensor)";
  return fmt::format("{} ({}[{}])", output.name, output.float32 ? "float32" : "not float32",
                     fmt::join(output.shape, ", "));
}

std::string describe_wanted(const ModelSpec& spec) {
  if (spec.labels.empty()) return "a float32 score [N] or [N, 1]";
  return fmt::format("probabilities of {} labels, float32 [N, {}] or a sequence of maps", spec.labels.size(),
                     spec.labels.size());
}

base::Result<std::string> check_input(Ort::Session& session, const ModelSpec& spec) {
  if (session.GetInputCount() != 1) {
    return base::fail(fmt::format("the graph has {} inputs, weir gives one", session.GetInputCount()));
  }
  const std::string name = session.GetInputNameAllocated(0, Ort::AllocatorWithDefaultOptions()).get();
  const Ort::TypeInfo type = session.GetInputTypeInfo(0);
  if (type.GetONNXType() != ONNX_TYPE_TENSOR ||
      type.GetTensorTypeAndShapeInfo().GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
    return base::fail(fmt::format("the graph's input \"{}\" is not a float32 tensor", name));
  }
  const std::vector<std::int64_t> shape = type.GetTensorTypeAndShapeInfo().GetShape();
  if (shape.size() == 2 && may_be(shape[1], spec.width)) {
    if (shape[0] == kAnySize) return name;
    return base::fail(
        fmt::format("the graph takes exactly {} rows at once; export it with an open first dimension", shape[0]));
  }
  return base::fail(fmt::format("the graph's input \"{}\" has shape [{}], the manifest names {} features", name,
                                fmt::join(shape, ", "), spec.width));
}

base::Result<OutputInfo> find_output(Ort::Session& session, const ModelSpec& spec) {
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    OutputInfo output = output_info(session, i);
    const bool named = spec.output.empty() || spec.output == output.name;
    if (named && fits(output, spec)) return output;
    seen.push_back(describe(output));
  }
  const std::string which = spec.output.empty() ? "none of the graph's outputs" : "no output \"" + spec.output + "\"";
  return base::fail(fmt::format("{} gives {}; there are: {}", which, describe_wanted(spec), fmt::join(seen, "; ")));
}

}  // namespace

base::Result<GraphShape> check_shape(Ort::Session& session, const ModelSpec& spec) {
  base::Result<std::string> input = check_input(session, spec);
  if (!input) return base::fail(input.error());
  base::Result<OutputInfo> output = find_output(session, spec);
  if (!output) return base::fail(output.error());
  return GraphShape{.input = *input, .output = output->name, .maps = output->type == ONNX_TYPE_SEQUENCE};
}

}  // namespace weir::scoring::onnx
