// SPDX-License-Identifier: Apache-2.0
// What a client can send or withhold, and what it gets for it.
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/http/test_client.h"

namespace weir::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ServerBounds : public ServerFixture {
 protected:
  std::string refusal_of(std::string_view bytes) {
    TestClient client(server_->port());
    client.send(bytes);
    EXPECT_TRUE(client.is_closed()) << bytes.substr(0, 40);
    return status_line(client.received());
  }
};

TEST_F(ServerBounds, garbage_is_refused) {
  start();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\r\n\r\n", "GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n"}) {
    EXPECT_EQ(refusal_of(bytes), "HTTP/1.1 400 Bad Request") << bytes;
  }
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, a_header_that_is_too_large_is_refused) {
  start();
  EXPECT_EQ(refusal_of("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(refusal_of("GET /" + std::string(200'000, 'x')), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(status_line(get("/" + std::string(8'000, 'x'))), "HTTP/1.1 404 Not Found");
}

TEST_F(ServerBounds, a_body_that_is_too_large_is_refused) {
  start();
  EXPECT_EQ(refusal_of("POST /logs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" +
                       std::string(100'000, 'x')),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(refusal_of("POST /logs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n" +
                       std::string(70'000, 'x') + "\r\n0\r\n\r\n"),
            "HTTP/1.1 413 Content Too Large");
}

TEST_F(ServerBounds, a_request_that_drips_is_cut) {
  start({.limits = {.receive = 200ms}});
  TestClient client(server_->port());
  const auto begin = std::chrono::steady_clock::now();
  // A byte every 20 ms must not buy more time.
  for (const char c : std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ") + std::string(10'000, 'x')) {
    if (!client.send({&c, 1})) break;
    std::this_thread::sleep_for(20ms);
    if (std::chrono::steady_clock::now() - begin > kPatience) break;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, an_idle_connection_is_closed) {
  start({.limits = {.idle = 100ms}});
  TestClient silent(server_->port());
  EXPECT_TRUE(silent.is_closed());
  TestClient once(server_->port());
  once.get("/healthz");
  EXPECT_TRUE(once.is_closed());
  EXPECT_EQ(status_line(once.received()), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, one_connection_too_many_is_told_so_and_room_comes_back) {
  start({.limits = {.connections = 2}});
  auto first = std::make_unique<TestClient>(server_->port());
  TestClient second(server_->port());
  first->get("/healthz");
  second.get("/healthz");
  first->response();
  second.response();
  TestClient third(server_->port());
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(status_line(third.received()), "HTTP/1.1 503 Service Unavailable");

  first.reset();
  EXPECT_TRUE(comes_true([&] { return status_line(get("/healthz")) == "HTTP/1.1 200 OK"; }));
}

TEST_F(ServerBounds, a_query_that_takes_too_long_is_503_and_what_it_finds_later_is_dropped) {
  hold_queries();
  start({.limits = {.request = 100ms}});
  TestClient client(server_->port());
  client.get("/logs");
  const std::string response = client.response();
  EXPECT_EQ(status_line(response), "HTTP/1.1 503 Service Unavailable");
  EXPECT_THAT(response, HasSubstr("took too long"));
  client.get("/healthz");
  release_ = true;
  EXPECT_EQ(status_line(client.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, more_waiting_queries_than_the_limit_are_refused_at_once) {
  hold_queries();
  start({.limits = {.waiting_requests = 2, .query_threads = 2}});
  TestClient first(server_->port()), second(server_->port());
  first.get("/logs");
  second.get("/logs");
  ASSERT_TRUE(comes_true([&] { return held_ == 2; }));
  EXPECT_THAT(get("/api/v1/summary"), HasSubstr("Too many requests wait"));
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");
  release_ = true;
  EXPECT_EQ(status_line(first.response()), "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(second.response()), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, a_client_that_leaves_during_its_query_does_no_harm) {
  hold_queries();
  start();
  for (int i = 1; i <= 3; ++i) {
    TestClient client(server_->port());
    client.get("/logs");
    ASSERT_TRUE(comes_true([&] { return held_ == i; }));
  }
  release_ = true;
  EXPECT_EQ(status_line(get("/logs")), "HTTP/1.1 200 OK");
}

TEST_F(ServerBounds, a_client_that_takes_no_answer_is_cut) {
  store_.detections.assign(1000, some_detection());
  start({.limits = {.connections = 1, .send = 200ms}});
  TestClient slow(server_->port(), 2048);
  for (int i = 0; i < 50; ++i) slow.get("/logs?limit=1000");
  ASSERT_TRUE(slow.read_until("HTTP/1.1 200 OK"));
  EXPECT_TRUE(comes_true([&] { return status_line(get("/healthz")) == "HTTP/1.1 200 OK"; }))
      << "the only connection was never given back";
}

}  // namespace
}  // namespace weir::api
