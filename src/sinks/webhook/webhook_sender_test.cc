// SPDX-License-Identifier: Apache-2.0
#include "sinks/webhook/webhook_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include <nlohmann/json.hpp>

#include "sinks/webhook/scripted_server.h"
#include "sinks/webhook/signature.h"

namespace weir::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Sender> sender_to(const std::string& url, WebhookConfig config = {}) {
  config.url = url;
  if (config.program_version.empty()) config.program_version = "1.2.3";
  auto sender = make_webhook_sender(std::move(config));
  EXPECT_TRUE(sender) << sender.error().message();
  return std::move(*sender);
}

std::vector<Record> events(int count) {
  std::vector<Record> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    all.push_back({fmt::format("e{}", i), fmt::format(R"({{"event_type":"incident","title":"n{}"}})", i)});
  return all;
}

std::size_t events_in(const ScriptedServer::Request& request) {
  return nlohmann::json::parse(request.body)["events"].size();
}

TEST(WebhookSender, sends_several_events_in_one_signed_request) {
  ScriptedServer server({"200"}, "thanks");
  const std::string key = "a key of more than sixteen bytes";
  const auto sender = sender_to(server.url(), {.signing_key = key, .authorization = "Bearer secret"});
  const auto records = events(3);
  const SendResult result = sender->send(records);
  EXPECT_EQ(result.sent, 3u);
  EXPECT_FALSE(result.error);
  ASSERT_EQ(server.requests().size(), 1u);
  const auto request = server.requests()[0];
  EXPECT_EQ(events_in(request), 3u);
  EXPECT_THAT(request.head, HasSubstr("POST /hook HTTP/1.1\r\n"));
  EXPECT_EQ(request.header("User-Agent"), "weir/1.2.3");
  EXPECT_EQ(request.header("Content-Type"), "application/json");
  EXPECT_EQ(request.header("Authorization"), "Bearer secret");
  EXPECT_EQ(request.header("Idempotency-Key"), message_id(records));
  EXPECT_EQ(request.header("webhook-id"), message_id(records));
  const std::int64_t timestamp = std::stoll(request.header("webhook-timestamp"));
  EXPECT_NEAR(static_cast<double>(timestamp), static_cast<double>(std::time(nullptr)), 60);
  EXPECT_EQ(request.header("webhook-signature"), signature(key, message_id(records), timestamp, request.body));
}

TEST(WebhookSender, does_not_sign_without_a_key) {
  ScriptedServer server({});
  EXPECT_EQ(sender_to(server.url())->send(events(1)).sent, 1u);
  EXPECT_THAT(server.requests()[0].head, Not(HasSubstr("webhook-signature")));
  EXPECT_THAT(server.requests()[0].head, Not(HasSubstr("Authorization")));
}

TEST(WebhookSender, more_events_than_one_request_holds_make_several) {
  ScriptedServer server({});
  EXPECT_EQ(sender_to(server.url())->send(events(250)).sent, 250u);
  EXPECT_EQ(server.requests().size(), 3u);
  WebhookConfig small;
  small.most_bytes = 100;  // two events
  EXPECT_EQ(sender_to(server.url(), small)->send(events(4)).sent, 4u);
  EXPECT_EQ(server.requests().size(), 5u);
}

TEST(WebhookSender, an_ill_receiver_is_asked_again_later_and_what_it_took_is_not_sent_twice) {
  for (const std::string status : {"500", "503", "429", "408", "401", "404", "301\r\nLocation: http://127.0.0.1:1/"}) {
    ScriptedServer server({"204", status}, "out\nof <order>");
    const auto sender = sender_to(server.url());
    const SendResult result = sender->send(events(150));
    EXPECT_EQ(result.sent, 100u) << status;
    EXPECT_FALSE(result.hopeless) << status;
    EXPECT_FALSE(result.retry_after) << status;
    ASSERT_TRUE(result.error) << status;
    EXPECT_THAT(result.error->message(), HasSubstr("answered " + status.substr(0, 3)));
    EXPECT_THAT(result.error->message(), HasSubstr("\"out of <order>\""));
    EXPECT_EQ(server.requests().size(), 2u) << status;
  }
}

TEST(WebhookSender, the_pause_that_the_receiver_names_is_told) {
  ScriptedServer server({"429\r\nRetry-After: 7", "503\r\nRetry-After: 99999999"});
  const auto sender = sender_to(server.url());
  EXPECT_EQ(sender->send(events(1)).retry_after, 7s);
  EXPECT_EQ(sender->send(events(1)).retry_after, 24h);
}

// Refuses whatever holds the event n5.
TEST(WebhookSender, one_event_that_is_refused_takes_no_other_with_it) {
  // 8: no; 4: yes; then 4 (with n5): no; 2: no; n4 alone: yes; n5, n6: no; n5: no
  ScriptedServer server({"400", "204", "400", "400", "204", "400", "400"}, "bad");
  const auto sender = sender_to(server.url());
  const auto records = events(8);
  const SendResult result = sender->send(records);
  EXPECT_EQ(result.sent, 5u);
  EXPECT_TRUE(result.hopeless);
  EXPECT_THAT(result.error->message(), HasSubstr("answered 400 (\"bad\")"));
  const auto last = server.requests().back();
  EXPECT_EQ(events_in(last), 1u);
  EXPECT_THAT(last.body, HasSubstr("n5"));
  EXPECT_EQ(sender->send(std::span(records).subspan(6)).sent, 2u);
}

TEST(WebhookSender, what_is_too_large_together_goes_in_parts) {
  ScriptedServer server({"413", "204", "204"});
  EXPECT_EQ(sender_to(server.url())->send(events(2)).sent, 2u);
  ScriptedServer strict({"413"});
  const SendResult result = sender_to(strict.url())->send(events(1));
  EXPECT_EQ(result.sent, 0u);
  EXPECT_TRUE(result.hopeless);
}

TEST(WebhookSender, an_endless_answer_is_not_read_to_its_end) {
  const std::string endless(1 << 20, 'x');
  ScriptedServer server({"200", "500"}, endless);
  const auto sender = sender_to(server.url());
  EXPECT_EQ(sender->send(events(1)).sent, 1u);
  const SendResult result = sender->send(events(1));
  EXPECT_THAT(result.error->message(), HasSubstr("answered 500"));
  EXPECT_LT(result.error->message().size(), 250u);
}

TEST(WebhookSender, a_silent_receiver_costs_no_more_than_the_timeout) {
  ScriptedServer server({"silence"});
  WebhookConfig config;
  config.timeout = 150ms;
  const auto begin = std::chrono::steady_clock::now();
  const SendResult result = sender_to(server.url(), config)->send(events(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_THAT(result.error->message(), HasSubstr("timed out"));
  EXPECT_FALSE(result.hopeless);
}

TEST(WebhookSender, an_interruption_ends_the_wait_at_once) {
  ScriptedServer server({"silence"});
  WebhookConfig config;
  config.timeout = 60s;
  const auto sender = sender_to(server.url(), config);
  const auto begin = std::chrono::steady_clock::now();
  auto sending = std::async(std::launch::async, [&] { return sender->send(events(1)); });
  while (server.requests().empty()) std::this_thread::sleep_for(5ms);
  sender->interrupt();
  const SendResult result = sending.get();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_THAT(result.error->message(), HasSubstr("was interrupted"));
}

TEST(WebhookSender, nobody_at_the_other_end_is_told_without_the_secret_part_of_the_address) {
  std::string url;
  {
    ScriptedServer gone({});
    url = gone.url("/services/SECRET");
  }
  const auto sender = sender_to(url);
  const SendResult result = sender->send(events(1));
  EXPECT_THAT(result.error->message(), HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(result.error->message(), Not(HasSubstr("SECRET")));
  EXPECT_FALSE(result.hopeless);
  EXPECT_THAT(sender->check().error().message(), HasSubstr("http://127.0.0.1:"));
}

TEST(WebhookSender, a_check_connects_and_asks_nothing) {
  ScriptedServer server({});
  const auto sender = sender_to(server.url());
  EXPECT_TRUE(sender->check());
  EXPECT_TRUE(server.requests().empty());
}

TEST(WebhookSender, a_proxy_of_the_environment_is_not_used) {
  ScriptedServer server({}), proxy({});
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  EXPECT_EQ(sender_to(server.url())->send(events(1)).sent, 1u);
  ::unsetenv("http_proxy");
  EXPECT_TRUE(proxy.requests().empty());
  WebhookConfig config;
  config.proxy = proxy.url("");
  EXPECT_EQ(sender_to(server.url(), config)->send(events(1)).sent, 1u);
  EXPECT_EQ(proxy.requests().size(), 1u);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(WebhookSender, an_address_that_would_leak_or_cannot_be_is_refused) {
  const auto why = [](const std::string& url) {
    const auto made = make_webhook_sender({.url = url});
    return made ? "" : made.error().message();
  };
  EXPECT_EQ(why("https://hooks.example.net/x"), "");
  EXPECT_EQ(why("http://localhost:8080/x"), "");
  EXPECT_EQ(why("http://[::1]/x"), "");
  EXPECT_EQ(why("http://n8n:5678/SECRET"),
            "http://n8n:5678 is not encrypted: use https, or allow_http = true if the way there is safe");
  EXPECT_EQ(why("http://127.0.0.1.example.net/x").substr(0, 28), "http://127.0.0.1.example.net");
  for (const char* url : {"", "hooks", "ftp://a/b", "file:///etc/passwd", "https://"}) {
    EXPECT_EQ(why(url), "its URL is not of the form https://HOST/PATH") << url;
  }
  EXPECT_EQ(shown_url("https://user:pass@hooks.example.net:8443/services/SECRET?token=1"),
            "https://hooks.example.net:8443");
  using Server = std::pair<std::string, std::uint16_t>;
  EXPECT_EQ(server_of("https://hooks.example.net/x"), Server("hooks.example.net", 443));
  EXPECT_EQ(server_of("http://[2001:db8::1]:8080/x"), Server("2001:db8::1", 8080));
  EXPECT_FALSE(server_of("nothing"));
  EXPECT_THAT(make_webhook_sender({.url = "https://a/", .ca_file = "/no/such"}).error().message(),
              HasSubstr("CA file /no/such: No such file"));
}

}  // namespace
}  // namespace weir::sinks
