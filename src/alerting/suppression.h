// SPDX-License-Identifier: Apache-2.0
// Suppression: a rule of the users that hides detections: stored as ever and counted, but not alerted. A pure function of
// the detection, so that it can be tried on old ones before it is made.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerting/detection.h"
#include "alerting/port_set.h"
#include "base/clock.h"
#include "base/ip_network.h"
#include "base/result.h"

namespace weir::alerting {

// A stretch of each day in UTC, which may reach over midnight: "22:00-06:00".
struct TimeOfDay {
  std::chrono::minutes from{0}, to{0};  // from <= t < to; the same twice is the whole day

  bool contains(base::Timestamp at) const;
  std::string to_string() const;
  static std::optional<TimeOfDay> parse(std::string_view text);
  friend bool operator==(const TimeOfDay&, const TimeOfDay&) = default;
};

// All that are set must hold.
struct SuppressionRule {
  std::optional<base::IpNetwork> source;   // of the flow: who began it
  std::optional<base::IpNetwork> destination;
  std::optional<base::IpNetwork> host;     // either of the two
  std::optional<PortSet> ports;            // of the destination; a flow without ports does not match
  std::optional<std::uint8_t> protocol;    // IANA number
  std::optional<std::string> attack_type;  // "unknown" also when the models gave none
  std::optional<float> below_margin;       // only what lies less than this beyond the threshold
  std::optional<TimeOfDay> time_of_day;    // of the flow's start
  std::optional<std::string> sensor;

  bool is_empty() const { return *this == SuppressionRule(); }
  bool matches(const Detection& detection) const;
  friend bool operator==(const SuppressionRule&, const SuppressionRule&) = default;
};

// The same as in openapi.yaml, without what is not set. An error names the condition that is not what it should be.
std::string to_json(const SuppressionRule& rule);
base::Result<SuppressionRule> parse_suppression_rule(std::string_view json);

// "source 10.0.0.0/8, ports 22, 22:00-06:00 UTC"
std::string in_words(const SuppressionRule& rule);

struct Suppression {
  std::string id = {};
  SuppressionRule rule = {};
  std::string owner = {};                          // who answers for it
  std::string reason = {};
  base::Timestamp created_at = {};
  std::optional<base::Timestamp> expires_at = {};  // wall clock; not set: it stays until it is removed

  bool is_active(base::Timestamp now) const { return !expires_at || now < *expires_at; }
};

// The rules in force, for one thread that asks often and others that change them now and then (a mutex for the pointer).
class Suppressions {
 public:
  // Of the users, and of weir itself; both may be set at any time.
  void set(std::vector<Suppression> all);
  void set_built_in(std::vector<Suppression> all);

  // The id of the first rule that hides it (weir's own first, then in the order of set()); empty: none does. `now`: wall clock.
  std::string first_match(const Detection& detection, base::Timestamp now) const;

 private:
  using Rules = std::shared_ptr<const std::vector<Suppression>>;
  mutable std::mutex mutex_;
  Rules users_ = std::make_shared<const std::vector<Suppression>>();
  Rules built_in_ = std::make_shared<const std::vector<Suppression>>();
};

}  // namespace weir::alerting
