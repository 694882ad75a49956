// SPDX-License-Identifier: Apache-2.0
#include "scoring/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "scoring/sha256.h"

namespace weir::scoring {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

void replace_in(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read(path);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  write(path, text.replace(at, from.size(), to));
}

std::string hash_of(const std::string& text) { return sha256_hex(std::as_bytes(std::span(text))); }

// Changes a file and the manifest's hash of it: wrong content, rightly signed.
void rewrite(const fs::path& dir, const std::string& file, const std::string& from, const std::string& to) {
  const std::string before = hash_of(read(dir / file));
  replace_in(dir / file, from, to);
  replace_in(dir / "manifest.json", before, hash_of(read(dir / file)));
}

TEST(Sha256, the_published_vectors_agree) {
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Bundle, a_whole_bundle_is_read_with_all_its_parts) {
  const auto bundle = read_bundle("tests/bundles/lightgbm");
  ASSERT_TRUE(bundle) << bundle.error().message();
  EXPECT_EQ(bundle->id(), "lightgbm@1");
  EXPECT_EQ(bundle->label_count(), 3u);
  EXPECT_FALSE(bundle->anomaly_graph.empty());
  EXPECT_FALSE(bundle->attack_graph.empty());
  EXPECT_EQ(bundle->baseline.features.size(), 12u);
  EXPECT_LT(bundle->baseline.features[0].low, bundle->baseline.features[0].high);
  ASSERT_TRUE(bundle->self_check);
  EXPECT_EQ(bundle->self_check->rows, 4u);
}

TEST(Bundle, a_bundle_without_an_attack_model_is_read_too) {
  const auto bundle = read_bundle("tests/bundles/isolation_forest");
  ASSERT_TRUE(bundle) << bundle.error().message();
  EXPECT_EQ(bundle->label_count(), 0u);
  EXPECT_TRUE(bundle->attack_graph.empty());
}

struct Broken {
  const char* name;
  std::function<void(const fs::path&)> breaks;
  const char* sentence;
};

class BrokenBundle : public testing::TestWithParam<Broken> {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "weir-bundle-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::copy("tests/bundles/lightgbm", dir());
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path dir() const { return root_ / "b"; }

  fs::path root_;
};

TEST_P(BrokenBundle, is_refused_by_one_sentence_that_names_folder_and_file) {
  GetParam().breaks(dir());
  const auto bundle = read_bundle(dir());
  ASSERT_FALSE(bundle);
  const std::string& message = bundle.error().message();
  EXPECT_THAT(message, HasSubstr("model " + dir().string() + ": "));
  EXPECT_THAT(message, HasSubstr(GetParam().sentence));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenBundle,
    testing::Values(
        Broken{"no_folder", [](const fs::path& d) { fs::remove_all(d); }, "it is not a folder"},
        Broken{"no_manifest", [](const fs::path& d) { fs::remove(d / "manifest.json"); },
               "manifest.json: it does not exist"},
        Broken{"bad_json", [](const fs::path& d) { write(d / "manifest.json", "{"); },
               "manifest.json: it is not valid JSON"},
        Broken{"no_graph", [](const fs::path& d) { fs::remove(d / "anomaly.onnx"); },
               "anomaly.onnx: it does not exist"},
        Broken{"graph_is_folder",
               [](const fs::path& d) {
                 fs::remove(d / "attack.onnx");
                 fs::create_directory(d / "attack.onnx");
               },
               "attack.onnx: it is a folder"},
        Broken{"graph_changed", [](const fs::path& d) { std::ofstream(d / "attack.onnx", std::ios::app) << "x"; },
               "attack.onnx: its SHA-256 is "},
        Broken{"graph_cut", [](const fs::path& d) { fs::resize_file(d / "anomaly.onnx", 100); },
               "anomaly.onnx: its SHA-256 is "},
        Broken{"no_baseline", [](const fs::path& d) { fs::remove(d / "baseline.json"); },
               "baseline.json: it does not exist"},
        Broken{"baseline_of_another_model", [](const fs::path& d) { rewrite(d, "baseline.json", "\"f3\"", "\"g3\""); },
               "baseline.json: \"features[3].name\" is \"g3\" where the manifest has \"f3\""},
        Broken{"baseline_not_json", [](const fs::path& d) { rewrite(d, "baseline.json", "{", "<"); },
               "baseline.json: it is not valid JSON"},
        Broken{"self_check_width",
               [](const fs::path& d) { rewrite(d, "selfcheck.json", "\"rows\": [[", "\"rows\": [[1.0, "); },
               "selfcheck.json: \"rows\" has a row of 13 numbers, not 12"},
        Broken{"self_check_rows",
               [](const fs::path& d) { rewrite(d, "selfcheck.json", "\"scores\": [", "\"scores\": [1.0, "); },
               "selfcheck.json: its rows, scores and classes are not equally many"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace weir::scoring
