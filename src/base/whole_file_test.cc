// SPDX-License-Identifier: Apache-2.0
#include "base/whole_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weir::base {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(WholeFile, the_new_text_takes_the_place_of_the_old_one) {
  const fs::path file = fs::path(testing::TempDir()) / "weir-whole-file";
  ASSERT_TRUE(replace_file(file, "a longer text"));
  ASSERT_TRUE(replace_file(file, "short"));
  EXPECT_EQ(text_of(file), "short");
  EXPECT_FALSE(fs::exists(file.string() + ".new"));
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::remove(file);
}

TEST(WholeFile, a_folder_that_is_not_there_is_an_error_with_the_files_name) {
  const auto written = replace_file("/no such folder/file", "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message(), "/no such folder/file.new: No such file or directory");
}

}  // namespace
}  // namespace weir::base
