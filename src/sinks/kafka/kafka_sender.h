// SPDX-License-Identifier: Apache-2.0
// KafkaSender: events as messages of a Kafka topic. librdkafka stays in its .cc.
//
// The producer is idempotent and waits for all replicas (acks=all); a record counts as sent when its delivery report says so. Its key
// is in the header `weir-id`, so that consumers know what came twice: after a time-out the brokers may have it all the same. A
// message that is larger than the brokers take is hopeless, everything else is tried again.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sinks/kafka/message_key.h"
#include "sinks/sender.h"

namespace weir::sinks {

struct KafkaConfig {
  std::string brokers = {};                   // "kafka1:9092,kafka2:9092"
  std::string topic = {};
  KeyBy key_by = KeyBy::actor;
  std::chrono::milliseconds timeout{10'000};  // until a message must be confirmed
  // Of librdkafka, as its CONFIGURATION.md names them; they overrule ours. A value "file:PATH" or "env:NAME" is read from there,
  // and passwords must be.
  std::vector<std::pair<std::string, std::string>> properties = {};
};

// An error: a property that librdkafka does not know, a password in the open, or a set that contradicts itself. It connects to
// nothing yet.
base::Result<std::unique_ptr<Sender>> make_kafka_sender(KafkaConfig config);

}  // namespace weir::sinks
