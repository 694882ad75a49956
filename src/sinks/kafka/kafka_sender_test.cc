// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/kafka_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "sinks/kafka/message_key.h"

namespace weir::sinks {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void mute(const rd_kafka_t*, int, const char*, const char*) {}

rd_kafka_t* client(rd_kafka_type_t type, const std::string& brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, mute);
  if (!brokers.empty()) rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "group.id", "test", nullptr, 0);
  rd_kafka_conf_set(conf, "check.crcs", "true", nullptr, 0);
  return rd_kafka_new(type, conf, nullptr, 0);
}

struct Message {
  std::string key, text, id;
  std::int32_t partition = 0;
};

// librdkafka's own mock cluster: real sockets and the real protocol, on loopback.
class Cluster {
 public:
  Cluster() : owner_(client(RD_KAFKA_PRODUCER, "")), cluster_(rd_kafka_mock_cluster_new(owner_, 2)) {
    rd_kafka_mock_topic_create(cluster_, "weir", kPartitions, 2);
  }
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void set_up(bool up) {
    for (int broker : {1, 2})
      up ? rd_kafka_mock_broker_set_up(cluster_, broker) : rd_kafka_mock_broker_set_down(cluster_, broker);
  }
  void answer_next_produce_with(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, error);
  }

  // All that the topic holds, in the order of each partition.
  std::vector<Message> messages(std::size_t wanted) const {
    rd_kafka_t* consumer = client(RD_KAFKA_CONSUMER, brokers());
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(kPartitions);
    for (int p = 0; p < kPartitions; ++p)
      rd_kafka_topic_partition_list_add(list, "weir", p)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    std::vector<Message> found;
    const auto end = std::chrono::steady_clock::now() + 10s;
    // A little longer than needed, to see what is too many.
    auto enough_at = end;
    while (std::chrono::steady_clock::now() < std::min(end, enough_at)) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 20);
      if (message == nullptr) continue;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        found.push_back({text(message->key, message->key_len), text(message->payload, message->len), id_of(message),
                         message->partition});
        if (found.size() == wanted) enough_at = std::chrono::steady_clock::now() + 200ms;
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return found;
  }

 private:
  static constexpr int kPartitions = 3, kProduce = 0;

  static std::string text(const void* data, std::size_t size) {
    return {static_cast<const char*>(data), data == nullptr ? 0 : size};
  }

  static std::string id_of(rd_kafka_message_t* message) {
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, "weir-id", &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return {};
    }
    return text(value, size);
  }

  rd_kafka_t* owner_;
  rd_kafka_mock_cluster_t* cluster_;
};

std::unique_ptr<Sender> sender_to(const std::string& brokers, std::chrono::milliseconds timeout = 10s,
                                  std::vector<std::pair<std::string, std::string>> properties = {}) {
  properties.emplace_back("reconnect.backoff.max.ms", "100");
  auto sender =
      make_kafka_sender({.brokers = brokers, .topic = "weir", .timeout = timeout, .properties = std::move(properties)});
  EXPECT_TRUE(sender) << sender.error().message();
  return std::move(*sender);
}

Record alert(int number, int actor) {
  return {fmt::format("f{}", number),
          fmt::format(R"({{"event_type":"alert","src_ip":"10.0.0.{}","n":{}}})", actor, number)};
}

std::vector<std::string> ids(const std::vector<Message>& messages) {
  std::vector<std::string> all;
  all.reserve(messages.size());
  for (const Message& message : messages) all.push_back(message.id);
  return all;
}

TEST(KafkaSender, events_arrive_once_with_their_ids_and_those_of_an_actor_in_order) {
  Cluster cluster;
  const auto sender = sender_to(cluster.brokers());
  std::vector<Record> records;
  records.reserve(300);
  for (int i = 0; i < 300; ++i) records.push_back(alert(i, i % 7));
  const SendResult result = sender->send(records);
  EXPECT_FALSE(result.error) << result.error->message();
  EXPECT_EQ(result.sent, 300u);
  const auto messages = cluster.messages(300);
  ASSERT_EQ(messages.size(), 300u);
  std::map<std::string, std::pair<int, int>> last;  // of each key: its partition and its newest event
  for (const Message& message : messages) {
    const int number = std::stoi(message.id.substr(1));
    EXPECT_EQ(message.text, records[static_cast<std::size_t>(number)].text);
    EXPECT_EQ(message.key, fmt::format("10.0.0.{}", number % 7));
    const auto [place, is_first] = last.emplace(message.key, std::pair(message.partition, number));
    if (is_first) continue;
    EXPECT_EQ(place->second.first, message.partition);
    EXPECT_LT(place->second.second, number);
    place->second.second = number;
  }
}

TEST(KafkaSender, waits_for_brokers_that_are_away_and_says_why) {
  Cluster cluster;
  const auto sender = sender_to(cluster.brokers(), 1500ms);
  const std::vector<Record> records = {alert(1, 1), alert(2, 2)};
  EXPECT_EQ(sender->send(std::span(records).first(1)).sent, 1u);
  cluster.set_up(false);
  const auto begin = std::chrono::steady_clock::now();
  const SendResult away = sender->send(std::span(records).subspan(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(away.sent, 0u);
  EXPECT_FALSE(away.hopeless);
  ASSERT_TRUE(away.error);
  EXPECT_THAT(away.error->message(), HasSubstr("Kafka 127.0.0.1:"));
  EXPECT_THAT(away.error->message(), HasSubstr("timed out"));
  cluster.set_up(true);
  SendResult back;
  for (int tries = 0; tries < 10 && back.sent == 0; ++tries) back = sender->send(std::span(records).subspan(1));
  EXPECT_EQ(back.sent, 1u);
  EXPECT_THAT(ids(cluster.messages(2)), testing::UnorderedElementsAre("f1", "f2"));
}

TEST(KafkaSender, a_passing_error_of_a_broker_is_not_seen) {
  Cluster cluster;
  cluster.answer_next_produce_with(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  EXPECT_EQ(sender_to(cluster.brokers())->send(std::vector{alert(1, 1)}).sent, 1u);
}

TEST(KafkaSender, what_is_too_large_is_hopeless_and_the_rest_goes) {
  Cluster cluster;
  const auto sender = sender_to(cluster.brokers(), 10s, {{"message.max.bytes", "2000"}});
  std::vector<Record> records = {alert(1, 1), {"large", std::string(5000, 'x')}, alert(3, 3)};
  const SendResult result = sender->send(records);
  EXPECT_EQ(result.sent, 1u);
  EXPECT_TRUE(result.hopeless);
  EXPECT_THAT(result.error->message(), HasSubstr("Message size too large"));
  EXPECT_EQ(sender->send(std::span(records).subspan(2)).sent, 1u);
  EXPECT_THAT(ids(cluster.messages(2)), testing::UnorderedElementsAre("f1", "f3"));
}

TEST(KafkaSender, what_the_brokers_find_too_large_is_hopeless_too) {
  Cluster cluster;
  cluster.answer_next_produce_with(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  const SendResult result = sender_to(cluster.brokers())->send(std::vector{alert(1, 1)});
  EXPECT_EQ(result.sent, 0u);
  EXPECT_TRUE(result.hopeless);
}

TEST(KafkaSender, an_interruption_ends_the_wait) {
  Cluster cluster;
  cluster.set_up(false);
  const auto sender = sender_to(cluster.brokers(), 60s);
  const auto begin = std::chrono::steady_clock::now();
  auto sending = std::async(std::launch::async, [&] { return sender->send(std::vector{alert(1, 1)}); });
  std::this_thread::sleep_for(100ms);
  sender->interrupt();
  EXPECT_THAT(sending.get().error->message(), HasSubstr("was interrupted"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST(KafkaSender, a_check_asks_for_the_topic_and_makes_none) {
  Cluster cluster;
  EXPECT_TRUE(sender_to(cluster.brokers())->check());
  const auto other = make_kafka_sender({.brokers = cluster.brokers(), .topic = "weir-alerts"});
  EXPECT_THAT((*other)->check().error().message(), HasSubstr("has no topic weir-alerts"));
  EXPECT_THAT((*other)->check().error().message(), HasSubstr("has no topic weir-alerts"))
      << "nor after having been asked for it";
  cluster.set_up(false);
  EXPECT_FALSE(sender_to(cluster.brokers(), 300ms)->check());
}

TEST(KafkaSender, mistakes_are_told_in_a_sentence_that_holds_no_secret) {
  const auto why = [](std::vector<std::pair<std::string, std::string>> properties) {
    const auto made =
        make_kafka_sender({.brokers = "127.0.0.1:1", .topic = "weir", .properties = std::move(properties)});
    return made ? "" : made.error().message();
  };
  EXPECT_EQ(why({}), "");
  EXPECT_EQ(why({{"bananas", "1"}}), "No such configuration property: \"bananas\"");
  EXPECT_EQ(why({{"sasl.password", "hunter2"}}),
            "sasl.password is a secret: give \"file:/path\" or \"env:NAME\", not the secret itself");
  EXPECT_EQ(why({{"sasl.password", "env:WEIR_NO_SUCH"}}), "sasl.password: the environment has no WEIR_NO_SUCH");
  ::setenv("WEIR_TEST_PASSWORD", "hunter2", 1);
  EXPECT_EQ(why({{"sasl.password", "env:WEIR_TEST_PASSWORD"}}), "");
  EXPECT_THAT(why({{"acks", "1"}}), HasSubstr("acks"));
  EXPECT_EQ(make_kafka_sender({.topic = "weir"}).error().message(), "needs brokers, as in \"kafka1:9092,kafka2:9092\"");
  EXPECT_EQ(make_kafka_sender({.brokers = "a:1"}).error().message(), "needs a topic");
}

TEST(MessageKey, is_the_actor_or_the_id) {
  const std::string one = R"({"incident":{"id":"4d1f","actors":{"count":1,"some":["10.0.0.5"]}}})";
  const std::string many = R"({"incident":{"id":"4d1f","actors":{"count":2,"some":["10.0.0.5","10.0.0.6"]}}})";
  const std::string flow = R"({"src_ip":"10.0.0.7","weir":{"flow_uid":"abcd"}})";
  EXPECT_EQ(message_key(one, KeyBy::actor), "10.0.0.5");
  EXPECT_EQ(message_key(one, KeyBy::id), "4d1f");
  EXPECT_EQ(message_key(many, KeyBy::actor), "4d1f");
  EXPECT_EQ(message_key(flow, KeyBy::actor), "10.0.0.7");
  EXPECT_EQ(message_key(flow, KeyBy::id), "abcd");
  for (const char* text :
       {"", "[]", "7", R"({"incident":7})", R"({"src_ip":[]})", R"({"incident":{"actors":{"count":1,"some":[]}}})"}) {
    EXPECT_EQ(message_key(text, KeyBy::actor), "") << text;
    EXPECT_EQ(message_key(text, KeyBy::id), "") << text;
  }
  EXPECT_EQ(parse_key_by("actor"), KeyBy::actor);
  EXPECT_EQ(parse_key_by("id"), KeyBy::id);
  EXPECT_FALSE(parse_key_by("flow"));
}

}  // namespace
}  // namespace weir::sinks
