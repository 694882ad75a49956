// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "api/http/test_client.h"

namespace weir::api {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class ServerTest : public ServerFixture {};

TEST_F(ServerTest, a_request_is_answered) {
  start();
  const std::string response = get("/healthz");
  EXPECT_EQ(status_line(response), "HTTP/1.1 200 OK");
  EXPECT_THAT(response, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(response, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(response, HasSubstr("Date: "));
  EXPECT_THAT(response, EndsWith("\r\n\r\n{\"status\":\"ok\",\"version\":\"0.1.0\"}"));
}

TEST_F(ServerTest, a_query_of_the_store_is_answered) {
  store_.detections = {some_detection()};
  start();
  EXPECT_THAT(get("/logs?limit=1"), HasSubstr("\"flow_id\":\"198.18.0.5:51515-198.18.0.9:443/tcp\""));
}

TEST_F(ServerTest, one_connection_serves_many_requests_also_sent_at_once) {
  start();
  TestClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.get("/healthz");
    EXPECT_EQ(status_line(client.response()), "HTTP/1.1 200 OK");
  }
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /logs HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("}"));
  EXPECT_THAT(client.response(), EndsWith("[]"));
}

TEST_F(ServerTest, head_is_get_without_its_body) {
  start();
  TestClient client(server_->port());
  client.send("HEAD /logs HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string head = client.response(false);
  EXPECT_EQ(status_line(head), "HTTP/1.1 200 OK");
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  client.get("/healthz");
  EXPECT_EQ(status_line(client.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerTest, head_of_the_stream_ends) {
  start();
  TestClient client(server_->port());
  client.send("HEAD /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.is_closed());
  EXPECT_THAT(client.received(), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(client.received(), EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, an_old_client_gets_its_answer_and_the_end) {
  start();
  TestClient client(server_->port());
  client.send("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(client.is_closed());
  EXPECT_THAT(client.received(), EndsWith("}"));
}

TEST_F(ServerTest, a_post_with_a_body_is_refused_and_the_connection_lives) {
  start();
  TestClient client(server_->port());
  client.send("POST /logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
  const std::string response = client.response();
  EXPECT_EQ(status_line(response), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_THAT(response, HasSubstr("Allow: GET, HEAD\r\n"));
  client.get("/healthz");
  EXPECT_EQ(status_line(client.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerTest, a_page_that_the_browser_has_is_304_without_a_body) {
  static const StaticFile page = {"/index.html", "text/html", std::as_bytes(std::span("<html>", 6))};
  start({.dashboard = {&page, 1}});
  const std::string first = get("/");
  EXPECT_THAT(first, EndsWith("<html>"));
  const std::size_t at = first.find("ETag: ");
  const std::string etag = first.substr(at + 6, first.find("\r\n", at) - at - 6);
  TestClient client(server_->port());
  client.get("/", "If-None-Match: " + etag + "\r\n");
  const std::string second = client.response();
  EXPECT_EQ(status_line(second), "HTTP/1.1 304 Not Modified");
  EXPECT_THAT(second, Not(HasSubstr("Content-Length")));
  client.get("/healthz");
  EXPECT_EQ(status_line(client.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerTest, a_foreign_host_header_is_refused_and_a_missing_one_too) {
  start();
  TestClient foreign(server_->port());
  foreign.send("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(status_line(foreign.response()), "HTTP/1.1 403 Forbidden");
  TestClient none(server_->port());
  none.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(status_line(none.response()), "HTTP/1.1 400 Bad Request");
}

TEST_F(ServerTest, a_token_opens_what_is_closed) {
  users_.names = {"ann"};
  start();
  EXPECT_EQ(status_line(get("/logs")), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(status_line(get("/logs", "Authorization: Bearer token-of-ann\r\n")), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(get("/api/v1/stream")), "HTTP/1.1 401 Unauthorized");
}

TEST_F(ServerTest, a_slow_query_delays_no_other_request) {
  hold_queries();
  start({.limits = {.query_threads = 2}});
  TestClient slow(server_->port());
  slow.get("/logs");
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(get("/api/v1/summary")), "HTTP/1.1 200 OK");
  release_ = true;
  EXPECT_EQ(status_line(slow.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerTest, each_request_is_one_line_of_the_log_without_query_or_token) {
  std::ostringstream text;  // read once the server has stopped
  users_.names = {"ann"};
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
  auto logger = std::make_shared<spdlog::logger>("requests", sink);
  logger->set_pattern("%l %v");
  start({.request_log = logger});
  get("/logs?since=1970-01-01T00:00:00Z", "Authorization: Bearer token-of-ann\r\n");
  store_.broken = true;
  get("/logs", "Authorization: Bearer token-of-ann\r\n");
  server_->stop(kPatience);
  EXPECT_THAT(text.str(), HasSubstr("info GET /logs 200 2 B "));
  EXPECT_THAT(text.str(), HasSubstr(" ms 127.0.0.1 ann\n"));
  EXPECT_THAT(text.str(), HasSubstr("warning GET /logs 503 "));
  EXPECT_THAT(text.str(), HasSubstr(" ann: connect to db.example: connection refused\n"));
  EXPECT_THAT(text.str(), Not(HasSubstr("token")));
  EXPECT_THAT(text.str(), Not(HasSubstr("since")));
}

TEST_F(ServerTest, the_free_port_is_known_and_part_of_the_address) {
  start();
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()) + "/");
}

TEST_F(ServerTest, a_port_in_use_is_one_sentence) {
  start();
  const auto second = Server::start({.port = server_->port()}, store_, status_, hub_, suppressions_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(),
            "listen on 127.0.0.1:" + std::to_string(server_->port()) +
                ": another program listens there; choose another port, or 0 for any free one");
}

TEST_F(ServerTest, a_name_that_is_not_known_is_one_sentence) {
  const auto unknown = Server::start({.host = "no-such-host.invalid", .port = 0}, store_, status_, hub_, suppressions_);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(),
            "listen on no-such-host.invalid:0: the host name 'no-such-host.invalid' is not known");
}

TEST_F(ServerTest, away_from_loopback_a_user_must_exist_first) {
  const auto refused = Server::start({.host = "0.0.0.0", .port = 0}, store_, status_, hub_, suppressions_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("run `weir user add NAME` first, or listen on 127.0.0.1"));

  users_.broken = true;
  const auto unreadable =
      Server::start({.host = "0.0.0.0", .port = 0, .users = &users_}, store_, status_, hub_, suppressions_);
  ASSERT_FALSE(unreadable);
  EXPECT_THAT(unreadable.error().message(), HasSubstr("users.json: no permission"));
}

TEST_F(ServerTest, away_from_loopback_a_user_is_not_enough_without_tls) {
  users_.names = {"ann"};
  const auto refused =
      Server::start({.host = "0.0.0.0", .port = 0, .users = &users_}, store_, status_, hub_, suppressions_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("set api.tls_certificate and api.tls_key, or listen on 127.0.0.1"));
}

TEST_F(ServerTest, localhost_and_ipv6_loopback_are_loopback) {
  for (const char* host : {"localhost", "::1"}) {
    const auto server = Server::start({.host = host, .port = 0}, store_, status_, hub_, suppressions_);
    if (!server && server.error().message().find("does not have that address") != std::string::npos) continue;
    ASSERT_TRUE(server) << server.error().message();
    EXPECT_THAT((*server)->url(), testing::AnyOf(HasSubstr("http://localhost:"), HasSubstr("http://[::1]:")));
  }
}

TEST_F(ServerTest, stopping_lets_a_request_under_way_finish) {
  hold_queries();
  start();
  TestClient client(server_->port());
  client.get("/logs");
  ASSERT_TRUE(comes_true([&] { return held_ == 1; }));
  std::jthread stopper([&] { server_->stop(kPatience); });
  std::this_thread::sleep_for(50ms);
  release_ = true;
  const std::string response = client.response();
  EXPECT_EQ(status_line(response), "HTTP/1.1 200 OK");
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
}

TEST_F(ServerTest, stopping_ends_idle_connections_at_once_and_refuses_new_ones) {
  start();
  TestClient idle(server_->port());
  idle.get("/healthz");
  idle.response();
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(kPatience);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience / 2);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(TestClient(server_->port()).connected());
}

TEST_F(ServerTest, stopping_cuts_what_is_left_at_the_deadline) {
  start();
  TestClient half(server_->port());
  half.send("GET /healthz HT");
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");  // by now the half request was read
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  server_.reset();
  EXPECT_TRUE(half.is_closed());
}

}  // namespace
}  // namespace weir::api
