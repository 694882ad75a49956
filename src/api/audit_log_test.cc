// SPDX-License-Identifier: Apache-2.0
#include "api/audit_log.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::api {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    std::string name = testing::TempDir() + "weir-audit-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "audit.jsonl";
  }
  ~AuditLogTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_, path_;
};

TEST_F(AuditLogTest, a_line_says_who_did_what_from_where_and_whether_it_was_let_through) {
  AuditLog log(path_);
  log.write(
      {.user = "ann", .role = "analyst", .remote = "198.18.0.1", .action = "POST /x", .status = 403, .what = "y"});
  const auto lines = *log.newest(10);
  ASSERT_EQ(lines.size(), 1);
  EXPECT_THAT(lines[0],
              testing::MatchesRegex("\\{\"at\":\"20[-0-9T:.]+Z\",\"user\":\"ann\",\"role\":\"analyst\",\"remote\":"
                                    "\"198.18.0.1\",\"action\":\"POST /x\",\"status\":403,\"what\":\"y\"\\}"));
}

TEST_F(AuditLogTest, what_a_client_sent_makes_no_line_of_its_own) {
  AuditLog log(path_);
  log.write({.remote = "198.18.0.1", .action = "POST /\n{\"user\":\"root\"}\xff\x1b[2J", .status = 404, .what = ""});
  log.write({.action = std::string(100'000, 'x')});
  const auto lines = *log.newest(10);
  ASSERT_EQ(lines.size(), 2);
  EXPECT_THAT(lines[1], AllOf(HasSubstr("\\n{\\\"user\\\""), Not(HasSubstr("\x1b"))));
  EXPECT_LT(lines[0].size(), 500);
}

TEST_F(AuditLogTest, the_file_is_for_its_owner_alone) {
  AuditLog log(path_);
  log.write({.action = "a"});
  struct stat info{};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(AuditLogTest, files_are_turned_and_the_newest_lines_are_found_across_them) {
  AuditLog log(path_, 500);
  for (int i = 0; i < 100; ++i) log.write({.action = "number " + std::to_string(i)});
  EXPECT_TRUE(std::filesystem::exists(path_.string() + ".4"));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".5"));
  const auto lines = *log.newest(12);
  ASSERT_EQ(lines.size(), 12);
  for (int i = 0; i < 12; ++i) EXPECT_THAT(lines[i], HasSubstr("number " + std::to_string(99 - i) + "\""));
  EXPECT_LT(log.newest(1000)->size(), 100) << "old files are dropped";
}

TEST_F(AuditLogTest, a_line_that_cannot_be_written_is_counted) {
  AuditLog log(folder_ / "missing" / "audit.jsonl");
  log.write({.action = "a"});
  EXPECT_EQ(log.failures(), 1);
  EXPECT_TRUE(log.newest(10)->empty());
}

TEST_F(AuditLogTest, threads_and_processes_write_whole_lines) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      AuditLog log(path_);
      for (int i = 0; i < 50; ++i) log.write({.user = "u", .action = "a"});
    });
  }
  threads.clear();
  const auto lines = *AuditLog(path_).newest(1000);
  EXPECT_EQ(lines.size(), 200);
  for (const std::string& line : lines) EXPECT_THAT(line, testing::EndsWith("\"action\":\"a\"}"));
}

}  // namespace
}  // namespace weir::api
