// SPDX-License-Identifier: Apache-2.0
#include "api/router.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "api/fakes.h"

namespace weir::api {
namespace {

const StaticFile kPage = {"/index.html", "text/html", std::as_bytes(std::span("<html>", 6))};

std::string header(const Response& response, std::string_view name) {
  const auto found = std::ranges::find(response.headers, name, [](const auto& h) { return h.first; });
  return found == response.headers.end() ? "" : found->second;
}

class RouterTest : public testing::Test {
 protected:
  FakeUsers users_;
  FakeSessions sessions_;
  LoginGuard guard_;
  const std::string audit_path_ = testing::TempDir() + "weir-router-" + std::to_string(::getpid()) + ".jsonl";
  AuditLog audit_{audit_path_};
  std::vector<std::unique_ptr<Access>> accesses_;

  ~RouterTest() override { std::filesystem::remove(audit_path_); }

  static std::vector<Route> some_routes() {
    return {{.pattern = "/open", .open = true, .answer = [](const Call&) { return json_response("1"); }},
            {.pattern = "/closed", .answer = [](const Call&) { return json_response("2"); }},
            {.pattern = "/slow", .waits = true, .answer = [](const Call&) { return json_response("3"); }},
            {.pattern = "/part/{name}",
             .answer = [](const Call& call) { return json_response(std::string(call.argument)); }},
            {.pattern = "/part/{name}/state",
             .answer = [](const Call& call) { return json_response("state of " + std::string(call.argument)); }},
            {.pattern = "/part/known", .answer = [](const Call&) { return json_response("the known one"); }},
            {.pattern = "/judge", .answer = [](const Call&) { return json_response("read"); }},
            {.pattern = "/judge",
             .method = "POST",
             .role = Role::analyst,
             .answer =
                 [](const Call& call) {
                   return json_response("judged by " + call.caller.name + ": " + call.request.body);
                 }},
            {.pattern = "/rule",
             .method = "POST",
             .role = Role::admin,
             .answer = [](const Call& call) { return json_response("ruled by " + call.caller.name); }},
            {.pattern = "/throws", .answer = [](const Call&) -> Response { throw std::runtime_error("secret"); }}};
  }

  Router router(AccessConfig config = {}) {
    accesses_.push_back(std::make_unique<Access>(
        std::move(config), AccessParts{.users = &users_, .sessions = &sessions_, .guard = &guard_, .audit = &audit_}));
    return {some_routes(), *accesses_.back(), StaticFiles({&kPage, 1})};
  }
  static Request to(std::string target) { return {.target = std::move(target), .host = "localhost:8080"}; }
};

TEST_F(RouterTest, a_request_finds_its_route) {
  EXPECT_EQ(router().answer(to("/open")).body, "1");
  EXPECT_EQ(router().answer(to("/part/a%20b")).body, "a b");
}

TEST_F(RouterTest, an_encoded_slash_makes_no_second_part) {
  // It is decoded before the match, so the path has three parts and none of the routes.
  EXPECT_EQ(router().answer(to("/part/a%2Fb.c")).status, 404);
}

TEST_F(RouterTest, a_route_that_waits_says_so_before_it_is_run) {
  const Router r = router();
  const Request slow = to("/slow"), open = to("/open");
  EXPECT_TRUE(r.dispatch(slow).waits);
  EXPECT_FALSE(r.dispatch(open).waits);
}

TEST_F(RouterTest, a_method_that_the_path_does_not_have_is_refused_with_those_it_has) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", ""}) {
    Request request = to("/open");
    request.method = method;
    const Response response = router().answer(request);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  }
  Request request = to("/judge");
  request.method = "DELETE";
  EXPECT_EQ(header(router().answer(request), "Allow"), "GET, HEAD, POST");
  request.target = "/index.html";
  EXPECT_EQ(router().answer(request).status, 405);
}

TEST_F(RouterTest, one_path_may_have_a_route_for_each_method) {
  Request request = to("/judge");
  EXPECT_EQ(router().answer(request).body, "read");
  request.method = "POST";
  EXPECT_EQ(router().answer(request).body, "judged by : ");
}

TEST_F(RouterTest, the_part_with_a_name_may_stand_in_the_middle) {
  EXPECT_EQ(router().answer(to("/part/a/state")).body, "state of a");
  EXPECT_EQ(router().answer(to("/part//state")).status, 400);
  EXPECT_EQ(router().answer(to("/part/a/b/state")).bytes(), "<html>");
}

TEST_F(RouterTest, a_path_in_words_goes_before_one_with_a_name) {
  EXPECT_EQ(router().answer(to("/part/known")).body, "the known one");
}

TEST_F(RouterTest, a_body_must_be_declared_as_json) {
  Request request = to("/judge");
  request.method = "POST";
  request.body = "{}";
  for (const auto& [type, status] : std::vector<std::pair<std::string, int>>{{"application/json", 200},
                                                                             {"application/json; charset=utf-8", 200},
                                                                             {"", 415},
                                                                             {"text/plain", 415},
                                                                             {"application/x-www-form-urlencoded", 415},
                                                                             {"application/jsonp", 415}}) {
    request.content_type = type;
    EXPECT_EQ(router().answer(request).status, status) << type;
  }
  request.method = "GET";
  request.content_type = "application/json";
  EXPECT_EQ(router().answer(request).status, 400);
}

TEST_F(RouterTest, a_path_that_is_unknown_is_404_in_the_api_and_the_dashboard_elsewhere) {
  EXPECT_EQ(router().answer(to("/api/v1/nothing")).status, 404);
  EXPECT_EQ(router().answer(to("/api")).status, 404);
  EXPECT_EQ(router().answer(to("/flows/abc")).bytes(), "<html>");
  EXPECT_EQ(router().answer(to("/apiary")).bytes(), "<html>");
}

TEST_F(RouterTest, no_way_of_writing_dots_leaves_the_table) {
  for (const char* target :
       {"/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc/passwd", "/..%5c..%5cetc", "//etc/passwd",
        "/etc/passwd%00.html", "/%252e%252e/etc/passwd.txt", "/index.html/..", "\\..\\x"}) {
    const Response response = router().answer(to(target));
    EXPECT_TRUE(response.status == 400 || response.status == 404 || response.bytes() == "<html>") << target;
    EXPECT_EQ(response.bytes().find("root:"), std::string_view::npos);
  }
  EXPECT_EQ(router().answer(to("/%2e%2e/%2e%2e/etc/passwd")).status, 400);
}

TEST_F(RouterTest, every_answer_carries_the_security_headers) {
  for (const char* target : {"/open", "/closed", "/throws", "/api/none", "/", "/%zz"}) {
    const Response response = router().answer(to(target));
    EXPECT_NE(header(response, "Content-Security-Policy").find("default-src 'self'"), std::string::npos) << target;
    EXPECT_NE(header(response, "Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(response, "Cache-Control"), target == std::string("/") ? "no-cache" : "no-store") << target;
  }
}

TEST_F(RouterTest, a_route_that_throws_is_500_and_its_words_go_to_the_log_alone) {
  const Response response = router().answer(to("/throws"));
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_EQ(response.note, "secret");
}

// Access, as a table.

TEST_F(RouterTest, on_loopback_without_users_everyone_may_read) {
  EXPECT_EQ(router().answer(to("/closed")).status, 200);
}

TEST_F(RouterTest, once_there_is_a_user_a_token_is_needed) {
  users_.names = {"ann"};
  const Response refused = router().answer(to("/closed"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(header(refused, "WWW-Authenticate"), "Bearer realm=\"weir\"");

  for (const auto& [authorization, status] : std::vector<std::pair<std::string, int>>{{"Bearer token-of-ann", 200},
                                                                                      {"bearer token-of-ann", 200},
                                                                                      {"Bearer token-of-bob", 401},
                                                                                      {"Bearer ", 401},
                                                                                      {"Bearer", 401},
                                                                                      {"Bearer  token-of-ann", 401},
                                                                                      {"Bearer token-of-ann ", 401},
                                                                                      {"Basic token-of-ann", 401},
                                                                                      {"token-of-ann", 401}}) {
    Request request = to("/closed");
    request.authorization = authorization;
    EXPECT_EQ(router().answer(request).status, status) << authorization;
  }
}

TEST_F(RouterTest, the_user_is_known_to_the_log) {
  users_.names = {"ann"};
  Request request = to("/closed");
  request.authorization = "Bearer token-of-ann";
  const Router r = router();
  EXPECT_EQ(r.dispatch(request).user, "ann");
}

TEST_F(RouterTest, open_routes_and_the_page_need_no_token) {
  users_.names = {"ann"};
  EXPECT_EQ(router().answer(to("/open")).status, 200);
  EXPECT_EQ(router().answer(to("/")).status, 200);
}

TEST_F(RouterTest, a_token_in_the_query_is_no_token) {
  users_.names = {"ann"};
  EXPECT_EQ(router().answer(to("/closed?token=token-of-ann")).status, 401);
}

TEST_F(RouterTest, require_token_closes_loopback_even_without_users) {
  EXPECT_EQ(router({.require_token = true}).answer(to("/closed")).status, 401);
}

TEST_F(RouterTest, away_from_loopback_it_stays_closed_when_the_last_user_is_removed) {
  EXPECT_EQ(router({.loopback = false}).answer(to("/closed")).status, 401);
  users_.names = {"ann"};
  EXPECT_EQ(router({.loopback = false}).answer(to("/closed")).status, 401);
}

TEST_F(RouterTest, a_role_may_do_what_lower_roles_may_and_no_more) {
  users_.names = {"vic", "ann", "adam"};
  users_.roles = {{"vic", Role::viewer}, {"ann", Role::analyst}, {"adam", Role::admin}};
  const auto status = [&](const char* method, const char* target, const std::string& name) {
    Request request = to(target);
    request.method = method;
    request.authorization = "Bearer token-of-" + name;
    return router().answer(request).status;
  };
  for (const char* name : {"vic", "ann", "adam"}) EXPECT_EQ(status("GET", "/judge", name), 200) << name;
  EXPECT_EQ(status("POST", "/judge", "vic"), 403);
  EXPECT_EQ(status("POST", "/judge", "ann"), 200);
  EXPECT_EQ(status("POST", "/judge", "adam"), 200);
  EXPECT_EQ(status("POST", "/rule", "vic"), 403);
  EXPECT_EQ(status("POST", "/rule", "ann"), 403);
  EXPECT_EQ(status("POST", "/rule", "adam"), 200);
  EXPECT_EQ(status("POST", "/rule", "nobody"), 401);
}

TEST_F(RouterTest, without_users_loopback_may_judge_but_not_rule) {
  Request request = to("/judge");
  request.method = "POST";
  EXPECT_EQ(router().answer(request).status, 200);
  request.target = "/rule";
  EXPECT_EQ(router().answer(request).status, 401);
}

TEST_F(RouterTest, a_page_of_another_site_is_refused_whatever_it_asks) {
  const auto status = [&](std::string method, std::string target, std::string origin, std::string fetch_site = "") {
    Request request = to(std::move(target));
    request.method = std::move(method);
    request.origin = std::move(origin);
    request.fetch_site = std::move(fetch_site);
    return router({.allowed_hosts = {"sensor.lan"}}).answer(request).status;
  };
  for (const char* method : {"GET", "POST"}) {
    EXPECT_EQ(status(method, "/judge", ""), 200);
    EXPECT_EQ(status(method, "/judge", "http://localhost:8080", "same-origin"), 200);
    EXPECT_EQ(status(method, "/judge", "https://sensor.lan"), 200);  // behind a proxy that renames the host
    for (const char* origin :
         {"http://evil.example", "http://localhost:9", "http://localhost", "null", "localhost:8080",
          "http://localhost:8080.evil.example", "file://localhost:8080", "http://"}) {
      EXPECT_EQ(status(method, "/judge", origin), 403) << origin;
    }
    EXPECT_EQ(status(method, "/judge", "", "cross-site"), 403);
    EXPECT_EQ(status(method, "/judge", "", "same-site"), 403);
  }
  EXPECT_EQ(status("GET", "/", "", "cross-site"), 200) << "a link from elsewhere may open the page";
  EXPECT_EQ(status("GET", "/", "", "none"), 200);
  EXPECT_EQ(status("GET", "/", "http://evil.example"), 403);
}

TEST_F(RouterTest, wrong_tokens_lock_their_address_but_not_whoever_was_let_in_before) {
  users_.names = {"ann", "bob"};
  users_.known = {"ann"};
  const auto status = [&](const std::string& token, std::string remote) {
    Request request = to("/closed");
    request.authorization = "Bearer " + token;
    request.remote = std::move(remote);
    return router().answer(request).status;
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status("wrong", "198.18.0.1"), 401);
  EXPECT_EQ(status("wrong", "198.18.0.1"), 429);
  EXPECT_EQ(status("token-of-bob", "198.18.0.1"), 429) << "it is not even tried";
  EXPECT_EQ(status("token-of-bob", "198.18.0.2"), 200);
  EXPECT_EQ(status("token-of-ann", "198.18.0.1"), 200);
}

TEST_F(RouterTest, a_session_is_its_user_for_as_long_as_the_token_lives) {
  users_.names = {"ann"};
  users_.roles = {{"ann", Role::analyst}};
  sessions_.open({"ann", Role::viewer, {}}, {});
  const auto status = [&](std::string cookie, const char* method = "GET", std::string origin = "") {
    Request request = to("/judge");
    request.method = method;
    request.cookie = std::move(cookie);
    request.origin = std::move(origin);
    return router().answer(request).status;
  };
  const std::string good = "weir_session_8080=session-of-ann";
  EXPECT_EQ(status(good), 200);
  EXPECT_EQ(status("theme=dark; " + good + "; x=y"), 200);
  for (const char* bad : {"weir_session_8080=session-of-bob", "weir_session_8080=", "weir_session_8080",
                          "weir_session=session-of-ann", "weir_session_80=session-of-ann", "; ;=", ""}) {
    EXPECT_EQ(status(bad), 401) << bad;
  }
  EXPECT_EQ(status(good, "POST", "http://localhost:8080"), 200);
  EXPECT_EQ(status(good, "POST"), 403) << "no page sent this";
  users_.roles["ann"] = Role::viewer;
  EXPECT_EQ(status(good, "POST", "http://localhost:8080"), 403) << "the role is the present one";
  users_.names.clear();
  EXPECT_EQ(
      router({.require_token = true}).answer({.target = "/judge", .host = "localhost:8080", .cookie = good}).status,
      401);
}

TEST_F(RouterTest, over_tls_the_cookie_has_the_prefix_that_browsers_guard) {
  users_.names = {"ann"};
  sessions_.open({"ann", Role::viewer, {}}, {});
  Request request = to("/closed");
  request.secure = true;
  request.cookie = "weir_session_8080=session-of-ann";
  EXPECT_EQ(router().answer(request).status, 401);
  request.cookie = "__Host-weir_session_8080=session-of-ann";
  const Response response = router().answer(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Strict-Transport-Security"), "max-age=31536000");
}

TEST_F(RouterTest, what_changes_something_and_who_tries_is_written_down) {
  users_.names = {"ann"};
  users_.roles = {{"ann", Role::analyst}};
  const auto send = [&](const char* method, const char* target, const char* token) {
    Request request = to(target);
    request.method = method;
    request.authorization = std::string("Bearer ") + token;
    request.remote = "198.18.0.1";
    router().answer(request);
  };
  send("GET", "/closed", "token-of-ann");
  EXPECT_TRUE(audit_.newest(10)->empty()) << "reading is not";
  send("POST", "/judge?secret=1", "token-of-ann");
  send("POST", "/rule", "token-of-ann");
  send("GET", "/closed", "wrong");
  const auto lines = *audit_.newest(10);
  ASSERT_EQ(lines.size(), 3);
  EXPECT_NE(lines[2].find(R"("user":"ann","role":"analyst","remote":"198.18.0.1","action":"POST /judge","status":400)"),
            std::string::npos);
  EXPECT_NE(lines[1].find(R"("user":"ann","role":"analyst","remote":"198.18.0.1","action":"POST /rule","status":403)"),
            std::string::npos);
  EXPECT_NE(lines[0].find(R"("action":"GET /closed","status":401,"what":"wrong token")"), std::string::npos);
}

TEST_F(RouterTest, whoever_loses_the_token_loses_the_stream) {
  users_.names = {"ann"};
  const Router r = router({.require_token = true});
  Request request = to("/closed");
  request.authorization = "Bearer token-of-ann";
  EXPECT_TRUE(r.still_allowed(request));
  users_.names.clear();
  EXPECT_FALSE(r.still_allowed(request));
}

TEST_F(RouterTest, a_users_file_that_cannot_be_read_lets_nobody_in) {
  users_.broken = true;
  Request request = to("/closed");
  request.authorization = "Bearer token-of-ann";
  const Response response = router().answer(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body.find("users.json"), std::string::npos);
}

TEST_F(RouterTest, on_loopback_the_host_header_must_name_this_machine) {
  const auto status = [&](std::string host, AccessConfig config = {}) {
    return router(std::move(config)).answer({.target = "/open", .host = std::move(host)}).status;
  };
  for (const char* host :
       {"localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:1", "127.0.0.1", "[::1]", "[::1]:8080"}) {
    EXPECT_EQ(status(host), 200) << host;
  }
  for (const char* host : {"", "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
                           "::1", "[::1].evil", "evil[::1]", "127.0.0.2"}) {
    EXPECT_EQ(status(host), 403) << host;
  }
  EXPECT_EQ(status("sensor.lan:8080", {.allowed_hosts = {"sensor.lan"}}), 200);
  EXPECT_EQ(status("evil.example", {.loopback = false}), 200);
}

TEST_F(RouterTest, the_page_is_not_given_to_a_foreign_host_either) {
  EXPECT_EQ(router().answer({.target = "/", .host = "evil.example"}).status, 403);
}

}  // namespace
}  // namespace weir::api
