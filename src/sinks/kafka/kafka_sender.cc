// SPDX-License-Identifier: Apache-2.0
#include "sinks/kafka/kafka_sender.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include "sinks/secret.h"

namespace weir::sinks {

namespace {

using Clock = std::chrono::steady_clock;
using Producer = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;
using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr int kPollMs = 50;  // so soon an interruption is seen

// Of one call of send(): told by delivery reports, on the thread that polls.
struct Delivery {
  std::vector<std::optional<rd_kafka_resp_err_t>> reports;  // by record
  std::size_t missing = 0;
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  // A report of an earlier call, which gave up on it, has nobody to go to.
  auto* place = static_cast<std::pair<std::shared_ptr<Delivery>, std::size_t>*>(message->_private);
  place->first->reports[place->second] = message->err;
  place->first->missing -= 1;
  delete place;
}

void on_log(const rd_kafka_t*, int, const char*, const char*) {}  // errors come by on_error

bool is_password(const std::string& name) {
  return name.find("password") != name.npos || name.find("secret") != name.npos || name == "ssl.key.pem";
}

base::Result<std::string> value_of(const std::string& name, const std::string& value) {
  if (names_a_secret(value)) {
    auto secret = read_secret(value);
    if (!secret) return base::fail_within(name, secret);
    return secret;
  }
  if (is_password(name)) {
    return base::fail(fmt::format("{} is a secret: give \"file:/path\" or \"env:NAME\", not the secret itself", name));
  }
  return value;
}

base::Result<Settings> settings_of(const KafkaConfig& config) {
  Settings settings = {
      {"bootstrap.servers", config.brokers}, {"client.id", "weir"},
      {"enable.idempotence", "true"},        {"acks", "all"},
      {"partitioner", "murmur2_random"},  // as Java's clients, so that keys of several producers meet
      {"socket.keepalive.enable", "true"},   {"message.timeout.ms", std::to_string(config.timeout.count())}};
  for (const auto& [name, given] : config.properties) {
    auto value = value_of(name, given);
    if (!value) return base::fail(value.error());
    settings.emplace_back(name, std::move(*value));
  }
  return settings;
}

base::Result<Producer> make_producer(const Settings& settings, std::string* last_error) {
  char why[512] = "";
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), rd_kafka_conf_destroy);
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      // The sentence of librdkafka would show a wrong value; a secret it must not.
      return base::fail(is_password(name) ? fmt::format("{} cannot be set", name) : std::string(why));
    }
  }
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_report);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_opaque(conf.get(), last_error);
  rd_kafka_conf_set_error_cb(
      conf.get(), [](rd_kafka_t*, int, const char* reason, void* text) { *static_cast<std::string*>(text) = reason; });
  Producer producer(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why, sizeof why), rd_kafka_destroy);
  if (!producer) return base::fail(std::string(why));
  [[maybe_unused]] const auto* producers_now = conf.release();
  return producer;
}

bool is_hopeless(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_INVALID_MSG ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

class KafkaSender final : public Sender {
 public:
  KafkaSender(KafkaConfig config, Settings settings, std::unique_ptr<std::string> last_error, Producer producer)
      : config_(std::move(config)),
        settings_(std::move(settings)),
        last_error_(std::move(last_error)),
        producer_(std::move(producer)) {}

  ~KafkaSender() override { forget_the_rest(); }

  SendResult send(std::span<const Record> records) override {
    if (const auto ready = renew_if_broken(); !ready) return {.error = ready.error()};
    const auto delivery = std::make_shared<Delivery>();
    delivery->reports.resize(records.size());
    // A time-out of librdkafka's ends each message; the second is for its report.
    const auto give_up_at = Clock::now() + config_.timeout + std::chrono::seconds(1);
    std::optional<rd_kafka_resp_err_t> refused;
    std::size_t handed_on = 0;
    while (handed_on < records.size() && !refused && !interrupted_ && Clock::now() < give_up_at) {
      const rd_kafka_resp_err_t error = produce(records[handed_on], delivery, handed_on);
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_poll(producer_.get(), kPollMs);
      } else if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++handed_on;
      } else {
        refused = error;
      }
    }
    while (delivery->missing > 0 && !interrupted_ && Clock::now() < give_up_at) rd_kafka_poll(producer_.get(), kPollMs);
    if (delivery->missing > 0) forget_the_rest();
    return outcome(*delivery, handed_on, records.size(), refused);
  }

  void interrupt() override { interrupted_ = true; }

  base::Result<> check() override {
    const rd_kafka_metadata_t* found = nullptr;
    const auto timeout = static_cast<int>(std::min<std::int64_t>(config_.timeout.count(), 10'000));
    const rd_kafka_resp_err_t error = rd_kafka_metadata(producer_.get(), 1, nullptr, &found, timeout);
    rd_kafka_poll(producer_.get(), 0);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return base::fail(in_words(error));
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned(
        found, rd_kafka_metadata_destroy);
    const std::span topics(found->topics, static_cast<std::size_t>(found->topic_cnt));
    if (std::any_of(topics.begin(), topics.end(), [&](const auto& topic) { return config_.topic == topic.topic; }))
      return {};
    return base::fail(
        fmt::format("Kafka {}: has no topic {} (or does not show it); brokers that make topics on demand will make it",
                    config_.brokers, config_.topic));
  }

 private:
  rd_kafka_resp_err_t produce(const Record& record, const std::shared_ptr<Delivery>& delivery, std::size_t index) {
    const std::string key = message_key(record.text, config_.key_by);
    auto place = std::make_unique<std::pair<std::shared_ptr<Delivery>, std::size_t>>(delivery, index);
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_TOPIC(config_.topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.text.data()), record.text.size()),  // copied, as the flag says
        RD_KAFKA_V_HEADER("weir-id", record.key.data(), static_cast<ssize_t>(record.key.size())),
        RD_KAFKA_V_OPAQUE(place.get()), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
    [[maybe_unused]] const auto* on_reports_now = place.release();
    delivery->missing += 1;
    return error;
  }

  // The records before the first that was not confirmed.
  SendResult outcome(const Delivery& delivery, std::size_t handed_on, std::size_t all,
                     std::optional<rd_kafka_resp_err_t> refused) const {
    SendResult result;
    const auto is_sent = [&](std::size_t i) { return delivery.reports[i] == RD_KAFKA_RESP_ERR_NO_ERROR; };
    while (result.sent < handed_on && is_sent(result.sent)) ++result.sent;
    if (result.sent == all) return result;
    if (interrupted_) {
      result.error = base::Error(fmt::format("Kafka {}: was interrupted", config_.brokers));
      return result;
    }
    const auto error = result.sent < handed_on ? delivery.reports[result.sent] : refused;
    const rd_kafka_resp_err_t why = error.value_or(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
    result.hopeless = is_hopeless(why);
    result.error = base::Error(in_words(why));
    return result;
  }

  // A time-out says little; what librdkafka complained of last says why.
  std::string in_words(rd_kafka_resp_err_t error) const {
    std::string text = fmt::format("Kafka {}: {}", config_.brokers, rd_kafka_err2str(error));
    const bool timed_out = error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
                           error == RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (timed_out && !last_error_->empty()) text += fmt::format(" ({})", *last_error_);
    return text;
  }

  // What was given up must not be sent behind the back of whoever tries it again.
  void forget_the_rest() {
    if (!producer_) return;
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int tries = 0; rd_kafka_outq_len(producer_.get()) > 0 && tries < 40; ++tries) {
      rd_kafka_poll(producer_.get(), kPollMs);
    }
  }

  // An idempotent producer that lost its thread stays broken: it takes a new one.
  base::Result<> renew_if_broken() {
    char why[256] = "";
    if (producer_ && rd_kafka_fatal_error(producer_.get(), why, sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    forget_the_rest();
    auto fresh = make_producer(settings_, last_error_.get());
    if (!fresh) return base::fail(fresh.error());
    producer_ = std::move(*fresh);
    return {};
  }

  const KafkaConfig config_;
  const Settings settings_;
  const std::unique_ptr<std::string> last_error_;  // the producer holds its address; written by the thread that polls
  Producer producer_;
  std::atomic<bool> interrupted_ = false;          // told from another thread while send() polls
};

}  // namespace

base::Result<std::unique_ptr<Sender>> make_kafka_sender(KafkaConfig config) {
  if (config.brokers.empty()) return base::fail("needs brokers, as in \"kafka1:9092,kafka2:9092\"");
  if (config.topic.empty()) return base::fail("needs a topic");
  auto settings = settings_of(config);
  if (!settings) return base::fail(settings.error());
  auto last_error = std::make_unique<std::string>();
  auto producer = make_producer(*settings, last_error.get());
  if (!producer) return base::fail(producer.error());
  return std::make_unique<KafkaSender>(std::move(config), std::move(*settings), std::move(last_error),
                                       std::move(*producer));
}

}  // namespace weir::sinks
