// SPDX-License-Identifier: Apache-2.0
#include "scoring/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace weir::scoring {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json whole_manifest() {
  std::ifstream file("tests/bundles/lightgbm/manifest.json");
  return json::parse(file);
}

std::string refusal(const std::string& text) {
  const auto r = parse_manifest(text);
  return r ? "accepted" : r.error().message();
}

TEST(Manifest, a_whole_manifest_is_read_field_by_field) {
  const auto m = parse_manifest(whole_manifest().dump());
  ASSERT_TRUE(m) << m.error().message();
  EXPECT_EQ(m->name, "lightgbm");
  EXPECT_EQ(m->version, "1");
  EXPECT_EQ(m->trained_on, "numbers drawn from a seed");
  EXPECT_EQ(m->width(), 12u);
  EXPECT_EQ(m->contract.features.front(), "f0");
  EXPECT_EQ(m->contract.flow.tick_s, 10);
  EXPECT_EQ(m->preprocessing.mode, PreprocessMode::standard);
  EXPECT_EQ(m->anomaly.file.name, "anomaly.onnx");
  EXPECT_FALSE(m->anomaly.higher_is_worse);
  EXPECT_EQ(m->anomaly.benign_rows, 750u);
  ASSERT_TRUE(m->attack);
  EXPECT_TRUE(m->attack->cascade);
  EXPECT_EQ(m->attack->labels[2].name, "tunnel");
  EXPECT_EQ(m->attack->labels[2].severity, "critical");
  EXPECT_EQ(m->attack->labels[2].technique, "T1572");
}

TEST(Manifest, a_bundle_without_attack_model_or_self_check_or_quantiles_is_whole) {
  json manifest = whole_manifest();
  manifest.erase("attack");
  manifest.erase("self_check");
  manifest["anomaly"].erase("score_quantiles");
  const auto m = parse_manifest(manifest.dump());
  ASSERT_TRUE(m) << m.error().message();
  EXPECT_FALSE(m->attack);
  EXPECT_FALSE(m->self_check);
  EXPECT_TRUE(m->anomaly.quantiles.empty());
}

TEST(Manifest, text_that_is_no_manifest_is_refused) {
  EXPECT_EQ(refusal(""), "it is not valid JSON");
  EXPECT_EQ(refusal("{\"format\": 1"), "it is not valid JSON");
  EXPECT_EQ(refusal("[1, 2]"), "it is not a JSON object");
  EXPECT_EQ(refusal("{}"), "\"format\" is missing");
  EXPECT_EQ(refusal("{\"format\": 2}"), "it has bundle format 2, this weir reads format 1");
}

TEST(Manifest, json_has_no_nan_and_neither_has_a_threshold) {
  std::string text = whole_manifest().dump();
  const std::string key = "\"threshold\":";
  const std::size_t at = text.find(key) + key.size();
  text.replace(at, text.find_first_of(",}", at) - at, "NaN");
  EXPECT_EQ(refusal(text), "it is not valid JSON");
}

struct Wrong {
  const char* pointer;  // RFC 6901
  json value;           // discarded: the field is removed
  const char* sentence;
};

const json kGone = json(json::value_t::discarded);

class RefusedManifest : public testing::TestWithParam<Wrong> {};

TEST_P(RefusedManifest, names_the_field_and_what_is_wrong_with_it) {
  json manifest = whole_manifest();
  const json::json_pointer pointer(GetParam().pointer);
  if (GetParam().value.is_discarded()) {
    manifest.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    manifest[pointer] = GetParam().value;
  }
  EXPECT_THAT(refusal(manifest.dump()), HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedManifest,
    testing::Values(
        Wrong{"/name", kGone, "\"name\" is missing"}, Wrong{"/version", 3, "\"version\" must be a text"},
        Wrong{"/trained_on", kGone, "\"trained_on\" is missing"},
        Wrong{"/contract/features", json::array(), "\"contract.features\" is empty"},
        Wrong{"/contract/features", {"a", 7}, "\"contract.features\" must be a list of texts"},
        Wrong{"/contract/features/1", "f0", "\"contract.features\" names \"f0\" twice"},
        Wrong{"/contract/flow/tick_s", "10", "\"contract.flow.tick_s\" must be a finite number"},
        Wrong{"/contract/flow/early_packets", -1, "\"contract.flow.early_packets\" must be a whole number"},
        Wrong{"/preprocess/mode", "minmax", "must be \"standard\" or \"in_graph\""},
        Wrong{"/preprocess/median", {1, 2}, "\"preprocess.median\" has 2 numbers for 12 features"},
        Wrong{"/preprocess/mean/3", nullptr, "\"preprocess.mean\" must be a list of finite numbers"},
        Wrong{"/preprocess/scale/3", 0, "\"preprocess.scale\" of \"f3\" must be above zero"},
        Wrong{"/anomaly/file", "../anomaly.onnx", "\"anomaly.file\" must be a plain file name inside the bundle"},
        Wrong{"/anomaly/file", "..", "\"anomaly.file\" must be a plain file name inside the bundle"},
        Wrong{"/anomaly/sha256", "ABC", "\"anomaly.sha256\" must be 64 lower-case hex digits"},
        Wrong{"/anomaly/threshold", kGone, "\"anomaly.threshold\" is missing"},
        Wrong{"/anomaly/threshold", nullptr, "\"anomaly.threshold\" is missing"},
        Wrong{"/anomaly/threshold", "NaN", "\"anomaly.threshold\" must be a finite number"},
        Wrong{"/anomaly/threshold", 1e300, "\"anomaly.threshold\" must be a finite number"},
        Wrong{"/anomaly/higher_is_worse", 1, "\"anomaly.higher_is_worse\" must be true or false"},
        Wrong{"/anomaly/score_quantiles/share", {0.5}, "must be lists of one length"},
        Wrong{"/anomaly/score_quantiles",
              {{"rows", 9}, {"share", {0.5, 0.1}}, {"score", {0, 1}}},
              "must rise within 0 and 1"},
        Wrong{"/anomaly/score_quantiles",
              {{"rows", 9}, {"share", {0.1, 0.5}}, {"score", {1, 0}}},
              "from the worst score"},
        Wrong{"/attack/labels", json::array(), "\"attack.labels\" is empty"},
        Wrong{"/attack/labels/0", "scan", "\"attack.labels\" must be a list of objects"},
        Wrong{"/attack/labels/1/name", "scan", "\"attack.labels\" names \"scan\" twice"},
        Wrong{"/attack/labels/1/name", "unknown", "\"attack.labels[1].name\" must be a word other than \"unknown\""},
        Wrong{"/attack/labels/1/severity", "awful", "\"attack.labels[1].severity\" must be none, low, medium, high"},
        Wrong{"/attack/labels/1/severity", "none", "\"attack.labels[1].severity\" is \"none\" exactly for"},
        Wrong{"/attack/confidence_bound", 1.5, "\"attack.confidence_bound\" must lie within 0 and 1"},
        Wrong{"/attack/cascade", false, "need a benign one when \"cascade\" is false"},
        Wrong{"/baseline", kGone, "\"baseline\" is missing"},
        Wrong{"/self_check/file", "a/b", "\"self_check.file\" must be a plain file name"}));

}  // namespace
}  // namespace weir::scoring
