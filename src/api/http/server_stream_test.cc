// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/http/test_client.h"

namespace weir::api {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class ServerStream : public ServerFixture {
 protected:
  std::unique_ptr<TestClient> open_stream(std::string_view more = "", int receive_buffer = 0) {
    auto client = std::make_unique<TestClient>(server_->port(), receive_buffer);
    client->get("/api/v1/stream", more);
    EXPECT_TRUE(client->read_until("event: status\n")) << client->received();
    return client;
  }
};

TEST_F(ServerStream, a_stream_begins_with_the_status) {
  start();
  const auto client = open_stream();
  EXPECT_THAT(client->received(), HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client->received(), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(client->received(), HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_TRUE(client->read_until("\"state\":\"running\""));
}

TEST_F(ServerStream, the_status_comes_again_and_again) {
  start({.limits = {.status_interval = 10ms}});
  const auto client = open_stream();
  EXPECT_TRUE(client->read_until_times("event: status\n", 3)) << client->received();
}

TEST_F(ServerStream, what_is_published_reaches_every_listener) {
  start();
  const auto a = open_stream(), b = open_stream();
  hub_.publish(some_detection());
  for (const auto& client : {a.get(), b.get()}) {
    EXPECT_TRUE(client->read_until("event: detection\ndata: {\"flow_uid\":\"0101"));
    EXPECT_THAT(client->received(), HasSubstr("id: 0000000000000001-0\n"));
  }
}

TEST_F(ServerStream, who_comes_back_gets_what_it_missed) {
  start();
  for (int i = 0; i < 3; ++i) hub_.publish("detection", "{\"n\":" + std::to_string(i) + "}");
  const auto client = open_stream("Last-Event-ID: 0000000000000001-0\r\n");
  EXPECT_TRUE(client->read_until("{\"n\":2}"));
  EXPECT_THAT(client->received(), HasSubstr("{\"n\":1}"));
  EXPECT_THAT(client->received(), Not(HasSubstr("{\"n\":0}")));
  EXPECT_THAT(client->received(), Not(HasSubstr("event: reset")));
}

TEST_F(ServerStream, who_was_away_too_long_is_told_to_start_over) {
  start();
  hub_.publish("detection", "{\"n\":0}");
  const auto client = open_stream("Last-Event-ID: 00000000000000ff-7\r\n");
  EXPECT_TRUE(client->read_until("event: reset\n"));
  hub_.publish("detection", "{\"n\":1}");
  EXPECT_TRUE(client->read_until("{\"n\":1}"));
  EXPECT_THAT(client->received(), Not(HasSubstr("{\"n\":0}")));
}

TEST_F(ServerStream, one_stream_too_many_is_told_so_and_other_requests_go_on) {
  start({.limits = {.streams = 64}});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(open_stream());
  const std::string refused = get("/api/v1/stream");
  EXPECT_EQ(status_line(refused), "HTTP/1.1 503 Service Unavailable");
  EXPECT_THAT(refused, HasSubstr("Too many streams"));
  EXPECT_EQ(status_line(get("/healthz")), "HTTP/1.1 200 OK");
  hub_.publish("detection", "{\"n\":7}");
  for (const auto& client : clients) EXPECT_TRUE(client->read_until("{\"n\":7}"));
}

TEST_F(ServerStream, a_listener_that_left_makes_room) {
  start({.limits = {.streams = 1, .status_interval = 10ms}});
  open_stream().reset();
  EXPECT_TRUE(comes_true([&] {
    TestClient client(server_->port());
    client.get("/api/v1/stream");
    client.read_until("\r\n");
    return status_line(client.received()) == "HTTP/1.1 200 OK";
  }));
}

TEST_F(ServerStream, a_listener_that_takes_nothing_is_cut_and_delays_nobody) {
  start({.limits = {.stream_send = 200ms}});
  const auto slow = open_stream("", 2048);
  const auto quick = open_stream();
  // More than the kernel buffers for a listener that does not read.
  const std::string padding(60'000, 'x');
  for (int i = 0; i < 100; ++i) {
    const std::string mark = "{\"n\":" + std::to_string(i) + ",";
    hub_.publish("detection", mark + "\"padding\":\"" + padding + "\"}");
    ASSERT_TRUE(quick->read_until(mark)) << i;
    quick->forget();
  }
  std::this_thread::sleep_for(1s);  // several times the limit: the cut must come without the client's help
  EXPECT_TRUE(slow->is_closed());
  EXPECT_THAT(slow->received(), Not(HasSubstr("{\"n\":99,")));
}

TEST_F(ServerStream, stopping_says_goodbye) {
  start();
  const auto client = open_stream();
  hub_.publish("detection", "{\"n\":1}");
  server_->stop(kPatience);
  EXPECT_TRUE(client->is_closed());
  EXPECT_THAT(client->received(), HasSubstr("{\"n\":1}"));
  EXPECT_THAT(client->received(), EndsWith("event: bye\ndata: {\"reason\":\"weir is stopping\"}\n\n"));
}

}  // namespace
}  // namespace weir::api
