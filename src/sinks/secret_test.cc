// SPDX-License-Identifier: Apache-2.0
#include "sinks/secret.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;

TEST(Secret, stands_in_a_file_or_in_the_environment) {
  const fs::path file = fs::path(testing::TempDir()) / "weir-secret";
  std::ofstream(file) << " s3cret \n";
  EXPECT_EQ(*read_secret("file:" + file.string()), "s3cret");
  ::setenv("WEIR_TEST_SECRET", "other\n", 1);
  EXPECT_EQ(*read_secret("env:WEIR_TEST_SECRET"), "other");
  std::ofstream(file) << "\n";
  EXPECT_EQ(read_secret("file:" + file.string()).error().message(), file.string() + ": is empty");
  std::ofstream(file) << std::string(70'000, 'x');
  EXPECT_EQ(read_secret("file:" + file.string()).error().message(), file.string() + ": is larger than 64 KiB");
  fs::remove(file);
}

TEST(Secret, what_is_not_there_is_told) {
  EXPECT_EQ(read_secret("file:/no/such").error().message(), "/no/such: No such file or directory");
  EXPECT_EQ(read_secret("file:/").error().message(), "/: is a folder");
  EXPECT_EQ(read_secret("env:WEIR_NO_SUCH").error().message(), "the environment has no WEIR_NO_SUCH");
}

TEST(Secret, one_that_was_written_into_the_configuration_is_not_shown) {
  EXPECT_FALSE(names_a_secret("hunter2"));
  EXPECT_EQ(read_secret("hunter2").error().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace weir::sinks
