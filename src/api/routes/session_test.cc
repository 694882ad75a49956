// SPDX-License-Identifier: Apache-2.0
// The routes of login, users, audit and reload.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/fakes.h"
#include "api/router.h"
#include "api/routes/routes.h"

namespace weir::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class AdminRoutes : public testing::Test {
 protected:
  AdminRoutes() {
    users_.names = {"adam", "ann"};
    users_.roles = {{"adam", Role::admin}, {"ann", Role::analyst}};
  }
  ~AdminRoutes() override { std::filesystem::remove(path_); }

  Response send(std::string method, std::string target, std::string body = "", std::string token = "token-of-adam") {
    Request request{.method = std::move(method), .target = std::move(target), .host = "localhost:8600"};
    if (!token.empty()) request.authorization = "Bearer " + token;
    if (!body.empty()) request.content_type = "application/json";
    request.body = std::move(body);
    request.remote = "198.18.0.1";
    return router_.answer(request);
  }
  static std::string cookie_of(const Response& response) {
    const auto found = std::ranges::find(response.headers, "Set-Cookie", [](const auto& h) { return h.first; });
    return found == response.headers.end() ? "" : found->second;
  }

  FakeUsers users_;
  FakeSessions sessions_;
  LoginGuard guard_;
  const std::string path_ = testing::TempDir() + "weir-admin-" + std::to_string(::getpid()) + ".jsonl";
  AuditLog audit_{path_};
  FakeControl control_;
  const Access access_{{}, {.users = &users_, .sessions = &sessions_, .guard = &guard_, .audit = &audit_}};
  Router router_{make_admin_routes(access_, {.users = &users_, .audit = &audit_, .control = &control_}), access_,
                 StaticFiles({})};
};

TEST_F(AdminRoutes, a_token_is_exchanged_for_a_cookie_that_no_script_reads) {
  const Response response = send("POST", "/api/v1/session", R"({"token":"token-of-ann"})", "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), json::parse(R"({"name":"ann","role":"analyst"})"));
  EXPECT_EQ(cookie_of(response), "weir_session_8600=session-of-ann; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict");
  EXPECT_THAT(audit_.newest(1)->front(), HasSubstr("ann logged in"));
}

TEST_F(AdminRoutes, a_wrong_token_opens_no_session_and_many_lock_the_address) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send("POST", "/api/v1/session", R"({"token":"no"})", "").status, 401);
  const Response response = send("POST", "/api/v1/session", R"({"token":"token-of-ann"})", "");
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(cookie_of(response), "");
  EXPECT_TRUE(sessions_.open_ones.empty());
  EXPECT_EQ(audit_.newest(100)->size(), 10) << "who is locked out and knocks fills no log";
}

TEST_F(AdminRoutes, a_login_wants_exactly_a_token) {
  for (const char* body : {"{}", "[]", R"({"token":5})", R"({"token":""})", R"({"token":"a","more":1})", "no"}) {
    EXPECT_EQ(send("POST", "/api/v1/session", body, "").status, 400) << body;
  }
}

TEST_F(AdminRoutes, logging_out_ends_the_session_for_good) {
  sessions_.open({"ann", Role::analyst, {}}, {});
  Request request{.method = "DELETE", .target = "/api/v1/session", .host = "localhost:8600"};
  request.cookie = "weir_session_8600=session-of-ann";
  const Response response = router_.answer(request);
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(cookie_of(response), HasSubstr("Max-Age=0"));
  EXPECT_TRUE(sessions_.open_ones.empty());
}

TEST_F(AdminRoutes, the_page_learns_who_it_is) {
  EXPECT_EQ(json::parse(send("GET", "/api/v1/session").body), json::parse(R"({"name":"adam","role":"admin"})"));
  users_.names.clear();
  EXPECT_EQ(json::parse(send("GET", "/api/v1/session", "", "").body), json::parse(R"({"name":null,"role":"analyst"})"));
}

TEST_F(AdminRoutes, an_admin_makes_lists_and_removes_users) {
  const Response made = send("POST", "/api/v1/users", R"({"name":"eve","role":"viewer"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(json::parse(made.body)["token"], "token-of-eve");
  EXPECT_EQ(json::parse(send("GET", "/api/v1/users").body)["items"].size(), 3);
  EXPECT_EQ(send("POST", "/api/v1/users", R"({"name":"eve","role":"viewer"})").status, 409);
  EXPECT_EQ(send("DELETE", "/api/v1/users/eve").status, 204);
  EXPECT_EQ(send("DELETE", "/api/v1/users/eve").status, 404);
  EXPECT_THAT(audit_.newest(10)->back(), HasSubstr("made the user eve (viewer)"));
  const auto lines = *audit_.newest(10);
  for (const std::string& line : lines) EXPECT_EQ(line.find("token-of"), line.npos);
}

TEST_F(AdminRoutes, a_user_must_be_one) {
  for (const char* body : {R"({"name":"a b","role":"viewer"})", R"({"name":"a","role":"king"})", R"({"name":"a"})",
                           R"({"name":"../x","role":"viewer"})", R"({"name":"a","role":"viewer","token":"mine"})"}) {
    EXPECT_EQ(send("POST", "/api/v1/users", body).status, 400) << body;
  }
  EXPECT_EQ(users_.names.size(), 2);
}

TEST_F(AdminRoutes, the_last_admin_stays) {
  EXPECT_EQ(send("DELETE", "/api/v1/users/adam").status, 409);
  EXPECT_EQ(send("DELETE", "/api/v1/users/ann").status, 204);
}

TEST_F(AdminRoutes, who_is_no_admin_gets_nothing_of_it) {
  for (const auto& [method, target] : std::vector<std::pair<const char*, const char*>>{{"GET", "/api/v1/users"},
                                                                                       {"POST", "/api/v1/users"},
                                                                                       {"DELETE", "/api/v1/users/adam"},
                                                                                       {"GET", "/api/v1/audit"},
                                                                                       {"POST", "/api/v1/reload"}}) {
    EXPECT_EQ(send(method, target, "", "token-of-ann").status, 403) << target;
    EXPECT_EQ(send(method, target, "", "").status, 401) << target;
  }
}

TEST_F(AdminRoutes, the_audit_log_is_a_list_of_its_lines) {
  audit_.write({.user = "ann", .role = "analyst", .remote = "local", .action = "one"});
  audit_.write({.action = "two"});
  const json items = json::parse(send("GET", "/api/v1/audit?limit=1").body)["items"];
  ASSERT_EQ(items.size(), 1);
  EXPECT_EQ(items[0]["action"], "two");
}

TEST_F(AdminRoutes, a_reload_says_what_changed_or_why_not) {
  EXPECT_EQ(json::parse(send("POST", "/api/v1/reload").body)["changed"], json({"the model"}));
  control_.answer = base::fail("model x: it does not exist");
  const Response refused = send("POST", "/api/v1/reload");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(json::parse(refused.body)["detail"], "Nothing was changed: model x: it does not exist.");
}

}  // namespace
}  // namespace weir::api
