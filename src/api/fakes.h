// SPDX-License-Identifier: Apache-2.0
// What the API's tests put in the place of store, pipeline and users.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/control.h"
#include "api/session_store.h"
#include "api/status_source.h"
#include "api/token_store.h"
#include "store/detection_store.h"
#include "store/without_incidents.h"

namespace weir::api {

inline alerting::Detection some_detection(std::uint8_t number = 1) {
  alerting::Detection detection;
  detection.flow.uid.bytes.fill(std::byte{number});
  detection.flow.src_ip = *base::IpAddress::parse("198.18.0.5");
  detection.flow.dst_ip = *base::IpAddress::parse("198.18.0.9");
  detection.flow.src_port = 51515;
  detection.flow.dst_port = 443;
  detection.flow.protocol = 6;
  detection.flow.started = base::from_us(1'769'847'330'000'000);
  detection.flow.last = base::from_us(1'769'847'331'000'125 + number);
  detection.flow.packets = 12;
  detection.flow.bytes = 3456;
  detection.flow.end_reason = flow::EndReason::end_of_flow;
  detection.sensor = "lab";
  detection.scored_at = base::from_us(1'769'900'000'000'000);
  detection.alerted_at = base::from_us(1'769'847'340'000'000);
  detection.verdict = {
      .status = scoring::Status::anomaly,
      .score = -0.1F,
      .margin = 0.05F,
      .p_value = 0.001F,
      .attack_type = "port_scan",
      .confidence = 0.97F,
      .reasons = {{.feature = "fwd_packets", .value = 12, .median = 3, .low = 1, .high = 9, .contribution = 0.04F}}};
  detection.severity = alerting::Severity::high;
  detection.technique = "T1046";
  detection.model_version = "default@1";
  detection.features = {1000, 12};
  return detection;
}

// Holds what it was given, answers what was set, and remembers what it was asked.
class FakeStore final : public store::test::WithoutIncidents {
 public:
  std::vector<alerting::Detection> detections;
  std::vector<store::ThroughputSample> samples;
  std::optional<store::ModelRecord> known_model;
  std::string next_cursor;
  std::atomic<bool> broken = false;
  std::function<void()> before_find = [] {};

  base::Result<store::WriteOutcome> write(const store::WriteBatch&) override { return {}; }
  base::Result<> put_model(const store::ModelRecord&) override { return {}; }

  base::Result<store::DetectionPage> find(const store::DetectionQuery& query) override {
    before_find();
    if (broken) return base::fail("connect to db.example: connection refused");
    if (query.cursor == "broken") return base::fail("no such cursor");
    std::lock_guard lock(mutex_);
    asked_ = query;
    const std::size_t count = std::min<std::size_t>(detections.size(), query.limit);
    return store::DetectionPage{{detections.begin(), detections.begin() + static_cast<std::ptrdiff_t>(count)},
                                next_cursor};
  }

  base::Result<std::optional<alerting::Detection>> get(const flow::FlowUid& uid) override {
    if (broken) return base::fail("connect to db.example: connection refused");
    for (const alerting::Detection& detection : detections) {
      if (detection.flow.uid == uid) return std::optional(detection);
    }
    return std::optional<alerting::Detection>();
  }

  base::Result<store::DetectionCounts> counts() override {
    if (broken) return base::fail("connect to db.example: connection refused");
    return store::DetectionCounts{
        .total = 3, .anomaly = 2, .unscored = 1, .normal = 0, .by_attack_type = {{"port_scan", 2}}};
  }

  base::Result<std::optional<store::ModelRecord>> model(const std::string& version) override {
    return known_model && known_model->version == version ? known_model : std::nullopt;
  }

  base::Result<std::vector<store::ThroughputSample>> throughput(base::Timestamp from, base::Timestamp to,
                                                                std::uint32_t max_points) override {
    if (broken) return base::fail("connect to db.example: connection refused");
    std::lock_guard lock(mutex_);
    from_ = from;
    to_ = to;
    max_points_ = max_points;
    return samples;
  }

  std::string describe() const override { return "fake"; }

  store::DetectionQuery asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  base::Timestamp asked_from() const { return from_; }
  base::Timestamp asked_to() const { return to_; }
  std::uint32_t asked_max_points() const { return max_points_; }

 private:
  mutable std::mutex mutex_;
  store::DetectionQuery asked_;
  base::Timestamp from_, to_;
  std::uint32_t max_points_ = 0;
};

class FakeStatus final : public StatusSource {
 public:
  StatusSnapshot snapshot;

  FakeStatus() {
    snapshot.version = "0.1.0";
    snapshot.sensor = "lab";
    snapshot.source = "file.pcap";
    snapshot.state = "running";
    snapshot.store = "fake";
  }
  StatusSnapshot status() const override { return snapshot; }
};

// The token of a user is "token-of-" and the name; the role is in roles, or viewer.
class FakeUsers final : public TokenStore {
 public:
  std::vector<std::string> names;
  std::map<std::string, Role> roles;
  bool broken = false;

  base::Result<std::string> add(const std::string& name, Role role) override {
    names.push_back(name);
    roles[name] = role;
    return "token-of-" + name;
  }
  base::Result<std::string> renew(const std::string& name) override { return "token-of-" + name; }
  base::Result<> set_role(const std::string& name, Role role) override {
    roles[name] = role;
    return {};
  }
  base::Result<> remove(const std::string& name) override {
    std::erase(names, name);
    return {};
  }
  base::Result<std::vector<User>> list() const override {
    if (broken) return base::fail("read users.json: no permission");
    std::vector<User> users;
    for (const std::string& name : names) users.push_back({name, role_of(name), {}});
    return users;
  }
  base::Result<std::optional<User>> find(std::string_view token) const override {
    if (broken) return base::fail("read users.json: no permission");
    for (const std::string& name : names) {
      if (token == "token-of-" + name) return std::optional<User>({name, role_of(name), {}});
    }
    return std::optional<User>();
  }
  // The only tokens that were right before are those of who is in `known`.
  base::Result<std::optional<User>> find_known(std::string_view token) const override {
    auto user = find(token);
    if (user && *user && std::ranges::find(known, (*user)->name) == known.end()) return std::optional<User>();
    return user;
  }
  std::vector<std::string> known;

 private:
  Role role_of(const std::string& name) const { return roles.contains(name) ? roles.at(name) : Role::viewer; }
};

// The secret of a session is "session-of-" and the name.
class FakeSessions final : public SessionStore {
 public:
  std::vector<User> open_ones;

  std::string open(const User& user, Clock::time_point) override {
    open_ones.push_back(user);
    return "session-of-" + user.name;
  }
  std::optional<User> find(std::string_view secret, Clock::time_point) override {
    for (const User& user : open_ones) {
      if (secret == "session-of-" + user.name) return user;
    }
    return std::nullopt;
  }
  void close(std::string_view secret) override {
    std::erase_if(open_ones, [&](const User& user) { return secret == "session-of-" + user.name; });
  }
};

class FakeControl final : public Control {
 public:
  base::Result<std::vector<std::string>> answer = std::vector<std::string>{"the model"};
  base::Result<std::vector<std::string>> reload() override { return answer; }
};

}  // namespace weir::api
