// SPDX-License-Identifier: Apache-2.0
#include "scoring/onnx/onnx_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "scoring/bundle.h"

namespace weir::scoring::onnx {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kThree = {"scan", "flood", "tunnel"};

Bundle bundle(const std::string& name) {
  auto read = read_bundle("tests/bundles/" + name);
  EXPECT_TRUE(read) << read.error().message();
  return read ? std::move(*read) : Bundle();
}

std::string refusal(const ModelSpec& spec) {
  const auto model = load_model(spec);
  return model ? "loaded" : model.error().message();
}

TEST(OnnxModel, bytes_that_are_no_graph_are_refused_in_one_line) {
  const std::array<std::byte, 4> junk = {std::byte{'j'}, std::byte{'u'}, std::byte{'n'}, std::byte{'k'}};
  const std::string message = refusal({.graph = junk, .width = 12, .output = "", .labels = {}});
  EXPECT_THAT(message, HasSubstr("ONNX Runtime: "));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(OnnxModel, a_graph_of_another_width_is_refused_with_both_widths) {
  const Bundle b = bundle("lightgbm");
  EXPECT_THAT(refusal({.graph = b.anomaly_graph, .width = 13, .output = "", .labels = {}}),
              HasSubstr("has shape [-1, 12], the manifest names 13 features"));
}

TEST(OnnxModel, a_graph_with_another_number_of_classes_is_refused) {
  const Bundle b = bundle("lightgbm");
  const std::vector<std::string> two = {"scan", "flood"};
  EXPECT_THAT(refusal({.graph = b.attack_graph, .width = 12, .output = "", .labels = two}),
              HasSubstr("none of the graph's outputs gives probabilities of 2 labels"));
}

TEST(OnnxModel, a_classifier_is_no_anomaly_model) {
  const Bundle b = bundle("lightgbm");
  EXPECT_THAT(refusal({.graph = b.attack_graph, .width = 12, .output = "", .labels = {}}),
              HasSubstr("gives a float32 score [N] or [N, 1]; there are: probabilities (float32[-1, 3])"));
}

TEST(OnnxModel, an_output_that_the_manifest_names_wrongly_is_refused_with_those_there_are) {
  const Bundle b = bundle("lightgbm");
  EXPECT_THAT(refusal({.graph = b.anomaly_graph, .width = 12, .output = "scores", .labels = {}}),
              HasSubstr("no output \"scores\" gives a float32 score [N] or [N, 1]; there are: score (float32[-1, 1])"));
}

TEST(OnnxModel, maps_are_ordered_by_the_manifests_labels_and_not_by_the_graphs) {
  const Bundle b = bundle("maps_in_graph");
  const std::vector<std::string> reversed = {"tunnel", "flood", "scan"};
  auto model = load_model({.graph = b.attack_graph, .width = 12, .output = "", .labels = kThree});
  auto other = load_model({.graph = b.attack_graph, .width = 12, .output = "", .labels = reversed});
  ASSERT_TRUE(model && other);
  const std::vector<float> row(12, 0.5F);
  std::array<float, 3> one{}, two{};
  ASSERT_TRUE((*model)->run(row, 1, one));
  ASSERT_TRUE((*other)->run(row, 1, two));
  EXPECT_NE(one[0], one[2]);
  EXPECT_EQ(one[0], two[2]);
  EXPECT_EQ(one[1], two[1]);
}

TEST(OnnxModel, a_map_with_a_label_that_the_manifest_does_not_name_fails_the_run) {
  const Bundle b = bundle("maps_in_graph");
  const std::vector<std::string> strange = {"scan", "flood", "beacon"};
  auto model = load_model({.graph = b.attack_graph, .width = 12, .output = "", .labels = strange});
  ASSERT_TRUE(model);
  const std::vector<float> row(12, 0.5F);
  std::array<float, 3> probabilities{};
  const auto r = (*model)->run(row, 1, probabilities);
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().message(), "the graph gave a class that the manifest does not name");
}

// As a reload does; ThreadSanitizer is who looks.
TEST(OnnxModel, one_may_be_loaded_while_another_runs) {
  const Bundle b = bundle("maps_in_graph");
  const ModelSpec spec{.graph = b.attack_graph, .width = 12, .output = "", .labels = kThree};
  auto model = load_model(spec);
  ASSERT_TRUE(model);
  std::thread running([&model = **model] {
    const std::vector<float> row(12, 0.5F);
    std::array<float, 3> probabilities{};
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(model.run(row, 1, probabilities));
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(load_model(spec));
  running.join();
}

}  // namespace
}  // namespace weir::scoring::onnx
