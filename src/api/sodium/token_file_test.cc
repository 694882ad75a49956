// SPDX-License-Identifier: Apache-2.0
#include "api/sodium/token_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::api {
namespace {

using testing::HasSubstr;

class TokenFileTest : public testing::Test {
 protected:
  TokenFileTest() {
    std::string name = testing::TempDir() + "weir-users-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "users.json";
  }
  ~TokenFileTest() override { std::filesystem::remove_all(folder_); }

  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  std::filesystem::path folder_, path_;
};

TEST_F(TokenFileTest, a_file_that_does_not_exist_holds_no_users) {
  const TokenFile users(path_);
  EXPECT_TRUE(users.list()->empty());
  EXPECT_FALSE(*users.find("weir_x"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(TokenFileTest, a_token_finds_its_user_and_nothing_else_does) {
  TokenFile users(path_);
  const std::string ann = *users.add("ann", Role::admin);
  const std::string bob = *users.add("bob", Role::viewer);
  EXPECT_EQ(users.find(ann)->value().name, "ann");
  EXPECT_EQ(users.find(ann)->value().role, Role::admin);
  EXPECT_EQ(users.find(bob)->value().name, "bob");
  for (const std::string& wrong :
       {std::string(), std::string("ann"), ann.substr(1), ann + "x", ann.substr(0, ann.size() - 1)}) {
    EXPECT_FALSE(*users.find(wrong)) << wrong;
  }
}

TEST_F(TokenFileTest, tokens_are_long_random_and_safe_in_a_header) {
  TokenFile users(path_);
  const std::string a = *users.add("a", Role::viewer), b = *users.add("b", Role::viewer);
  EXPECT_NE(a, b);
  EXPECT_EQ(a.size(), 5 + 43);
  EXPECT_EQ(a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), a.npos);
}

TEST_F(TokenFileTest, the_file_is_for_its_owner_alone_and_holds_no_token) {
  TokenFile users(path_);
  const std::string token = *users.add("ann", Role::viewer);
  struct stat info{};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
  EXPECT_THAT(text(), HasSubstr("\"ann\""));
  EXPECT_EQ(text().find(token), std::string::npos);
  EXPECT_EQ(text().find(token.substr(5)), std::string::npos);
}

TEST_F(TokenFileTest, a_second_reader_sees_changes_at_once) {
  TokenFile writer(path_);
  const TokenFile reader(path_);
  EXPECT_TRUE(reader.list()->empty());
  const std::string token = *writer.add("ann", Role::viewer);
  EXPECT_EQ(reader.find(token)->value().name, "ann");
  ASSERT_TRUE(writer.remove("ann"));
  EXPECT_FALSE(*reader.find(token));
}

TEST_F(TokenFileTest, the_file_keeps_a_slow_hash_of_each_token) {
  TokenFile users(path_);
  ASSERT_TRUE(users.add("ann", Role::viewer));
  EXPECT_THAT(text(), HasSubstr("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST_F(TokenFileTest, a_token_is_known_once_it_was_right_and_until_it_is_taken_back) {
  TokenFile users(path_);
  const std::string token = *users.add("ann", Role::viewer);
  const std::string other = *users.add("bob", Role::viewer);
  EXPECT_FALSE(*users.find_known(token));
  ASSERT_TRUE(*users.find(token));
  EXPECT_EQ(users.find_known(token)->value().name, "ann");
  EXPECT_FALSE(*users.find_known(other));
  ASSERT_TRUE(users.remove("bob"));
  EXPECT_TRUE(*users.find_known(token)) << "a change of the file does not forget it";
  ASSERT_TRUE(users.remove("ann"));
  EXPECT_FALSE(*users.find_known(token));
}

TEST_F(TokenFileTest, a_new_token_replaces_the_old_one) {
  TokenFile users(path_);
  const std::string old_token = *users.add("ann", Role::analyst);
  ASSERT_TRUE(*users.find(old_token));
  const std::string new_token = *users.renew("ann");
  EXPECT_FALSE(*users.find(old_token));
  EXPECT_EQ(users.find(new_token)->value().role, Role::analyst);
  EXPECT_FALSE(users.renew("nobody"));
}

TEST_F(TokenFileTest, a_role_changes_under_the_same_token) {
  TokenFile users(path_);
  const std::string token = *users.add("ann", Role::viewer);
  ASSERT_TRUE(users.set_role("ann", Role::admin));
  EXPECT_EQ(users.find(token)->value().role, Role::admin);
  EXPECT_FALSE(users.set_role("nobody", Role::admin));
}

TEST_F(TokenFileTest, a_thousand_wrong_tokens_cost_no_slow_hash_each) {
  TokenFile users(path_);
  ASSERT_TRUE(users.add("ann", Role::viewer));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(*users.find(make_token()));
  // A slow hash each would be 20 s and more.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(TokenFileTest, the_file_of_an_older_weir_says_what_to_do) {
  write(R"({"users":[{"name":"ann","role":"admin","created_at":"2026-01-31T08:15:30Z","token_blake2b":"00"}]})");
  EXPECT_THAT(TokenFile(path_).list().error().message(), HasSubstr("token of ann is of an older weir"));
}

TEST_F(TokenFileTest, users_are_listed_by_name_and_survive_a_restart) {
  {
    TokenFile users(path_);
    ASSERT_TRUE(users.add("zoe", Role::analyst));
    ASSERT_TRUE(users.add("ann", Role::viewer));
  }
  const auto users = *TokenFile(path_).list();
  ASSERT_EQ(users.size(), 2);
  EXPECT_EQ(users[0].name, "ann");
  EXPECT_EQ(users[1].name, "zoe");
  EXPECT_EQ(users[1].role, Role::analyst);
  EXPECT_GT(base::to_us(users[1].created_at), 0);
}

TEST_F(TokenFileTest, a_name_that_is_taken_or_none_is_refused) {
  TokenFile users(path_);
  ASSERT_TRUE(users.add("ann", Role::viewer));
  EXPECT_THAT(users.add("ann", Role::admin).error().message(), HasSubstr("a user 'ann' already"));
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("\xc3\xa9"), std::string(65, 'a')}) {
    EXPECT_THAT(users.add(name, Role::viewer).error().message(), HasSubstr("no user name")) << name;
  }
  EXPECT_TRUE(users.add("a.b_c-d@e", Role::viewer));
}

TEST_F(TokenFileTest, removing_who_is_not_there_is_an_error) {
  TokenFile users(path_);
  EXPECT_EQ(users.remove("ann").error().message(), "there is no user 'ann'");
}

TEST_F(TokenFileTest, a_damaged_file_is_an_error_and_never_an_empty_one) {
  for (
      const char* damaged :
      {"", "{", "[]", "{\"users\": [{}]}", "{\"users\": 5}",
       R"({"users":[{"name":"a","role":"king","created_at":"2026-01-31T08:15:30Z","token_id":"","token_argon2id":""}]})",
       R"({"users":[{"name":"a","role":"admin","created_at":"2026-01-31T08:15:30Z","token_id":"00"}]})"}) {
    write(damaged);
    TokenFile users(path_);
    EXPECT_FALSE(users.list()) << damaged;
    EXPECT_FALSE(users.find("x")) << damaged;
    EXPECT_FALSE(users.add("ann", Role::viewer)) << damaged;
    EXPECT_THAT(users.list().error().message(), HasSubstr("users.json")) << damaged;
    EXPECT_EQ(text(), damaged);
  }
}

TEST_F(TokenFileTest, a_folder_that_is_missing_is_an_error_that_names_the_file) {
  TokenFile users(folder_ / "missing" / "users.json");
  EXPECT_THAT(users.add("ann", Role::viewer).error().message(),
              HasSubstr("missing/users.json: No such file or directory"));
}

TEST_F(TokenFileTest, writers_at_the_same_time_lose_nothing) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      TokenFile users(path_);
      for (int i = 0; i < 5; ++i) ASSERT_TRUE(users.add("u" + std::to_string(t * 5 + i), Role::viewer));
    });
  }
  threads.clear();
  EXPECT_EQ(TokenFile(path_).list()->size(), 20);
}

TEST(Role, every_role_has_a_word) {
  for (const Role role : {Role::viewer, Role::analyst, Role::admin}) EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_FALSE(parse_role("king"));
}

}  // namespace
}  // namespace weir::api
