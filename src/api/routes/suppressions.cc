// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/body_reader.h"
#include "api/incident_json.h"
#include "api/query_reader.h"
#include "api/routes/routes.h"

namespace weir::api {

namespace {

using alerting::Suppression;

constexpr std::size_t kMostSuppressions = 1000;   // each is held against every alert
constexpr std::uint64_t kMostLookedAt = 100'000;  // of a preview: some seconds
constexpr std::size_t kExamples = 20;
constexpr double kLongestPreviewDays = 366;

base::Timestamp wall_now() { return std::chrono::floor<base::Duration>(std::chrono::system_clock::now()); }

std::string new_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

// The conditions stand beside what else the body holds, each under its own name.
constexpr std::string_view kTextConditions[] = {"source",      "destination", "host",  "ports",
                                                "attack_type", "time_of_day", "sensor"};

base::Result<alerting::SuppressionRule> read_rule(BodyReader& body) {
  nlohmann::json conditions = nlohmann::json::object();
  for (const std::string_view name : kTextConditions) {
    if (const auto value = body.text(name, 2000)) conditions[std::string(name)] = *value;
  }
  if (const auto protocol = body.number("protocol", 0, 255)) {
    if (*protocol != static_cast<int>(*protocol)) return base::fail("'protocol' must be a whole number");
    conditions["protocol"] = static_cast<int>(*protocol);
  }
  if (const auto margin = body.number("below_margin", -1e30, 1e30)) conditions["below_margin"] = *margin;
  if (body.error()) return base::fail(*body.error());
  return alerting::parse_suppression_rule(conditions.dump());
}

Response not_a_rule(const BodyReader& body, const base::Error& error) {
  return problem(400, body.error() ? *body.error() : "The rule cannot be used: " + error.message() + ".");
}

base::Result<> put_in_force(store::DetectionStore& store, alerting::Suppressions& live) {
  auto all = store.suppressions();
  if (!all) return base::fail(all.error());
  live.set(std::move(*all));
  return {};
}

Response add(store::DetectionStore& store, alerting::Suppressions& live, const Call& call) {
  BodyReader body(call.request.body, {"source", "destination", "host", "ports", "attack_type", "time_of_day", "sensor",
                                      "protocol", "below_margin", "owner", "reason", "expires_at"});
  body.require("reason");
  const auto reason = body.text("reason", 500);
  const auto owner = body.text("owner", 100);
  const auto expires_at = body.time("expires_at");
  auto rule = read_rule(body);
  if (!rule) return not_a_rule(body, rule.error());
  if (reason->empty()) return problem(400, "The member 'reason' must say why.");
  const auto known = store.suppressions();
  if (!known) return store_failed(known.error());
  if (known->size() >= kMostSuppressions) {
    return problem(409, fmt::format("There are {} suppressions already; remove some first.", kMostSuppressions));
  }
  Suppression suppression;
  suppression.id = new_id();
  suppression.rule = std::move(*rule);
  suppression.owner = owner.value_or(call.caller.name);
  suppression.reason = *reason;
  suppression.created_at = wall_now();
  suppression.expires_at = expires_at;
  if (const auto kept = store.put_suppression(suppression); !kept) return store_failed(kept.error());
  if (const auto set = put_in_force(store, live); !set) return store_failed(set.error());
  Response response = json_response(suppression_json(suppression, wall_now()));
  response.status = 201;
  response.deed = fmt::format("suppression {}: {}", suppression.id, call.request.body);
  return response;
}

Response remove(store::DetectionStore& store, alerting::Suppressions& live, const Call& call) {
  const auto removed = store.remove_suppression(std::string(call.argument));
  if (!removed) return store_failed(removed.error());
  if (!*removed) return problem(404, "There is no suppression with this id.");
  if (const auto set = put_in_force(store, live); !set) return store_failed(set.error());
  return {.status = 204};
}

// Looks at the anomalous flows of the last days (of packet time: in a replay they lie in the past).
base::Result<SuppressionPreview> preview(store::DetectionStore& store, const alerting::SuppressionRule& rule,
                                         double days) {
  SuppressionPreview preview;
  store::DetectionQuery query;
  query.status = scoring::Status::anomaly;
  query.suppressed = false;
  query.limit = 1000;
  if (rule.host && rule.host->is_single_address()) query.host = rule.host->address();
  store::DetectionQuery newest;
  newest.status = scoring::Status::anomaly;
  newest.limit = 1;
  const auto last = store.find(newest);
  if (!last) return base::fail(last.error());
  if (last->detections.empty()) {
    preview.from = preview.to = wall_now();
    return preview;
  }
  preview.to = last->detections.front().flow.last;
  preview.from = preview.to - std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(days * 86400));
  query.from = preview.from;
  do {
    const auto page = store.find(query);
    if (!page) return base::fail(page.error());
    for (const alerting::Detection& detection : page->detections) {
      ++preview.looked_at;
      if (!rule.matches(detection)) continue;
      ++preview.would_hide;
      if (preview.examples.size() < kExamples) preview.examples.push_back(detection);
    }
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty() && preview.looked_at < kMostLookedAt);
  preview.complete = query.cursor.empty();
  return preview;
}

Response answer_preview(store::DetectionStore& store, const Call& call) {
  BodyReader body(call.request.body, {"source", "destination", "host", "ports", "attack_type", "time_of_day", "sensor",
                                      "protocol", "below_margin", "days"});
  const auto days = body.number("days", 0.01, kLongestPreviewDays);
  const auto rule = read_rule(body);
  if (!rule) return not_a_rule(body, rule.error());
  const auto tried = preview(store, *rule, days.value_or(7));
  return tried ? json_response(suppression_preview_json(*tried)) : store_failed(tried.error());
}

}  // namespace

Route suppressions_route(store::DetectionStore& store) {
  return {.pattern = "/api/v1/suppressions", .waits = true, .answer = [&store](const Call&) {
            const auto all = store.suppressions();
            return all ? json_response(suppression_list_json(*all, wall_now())) : store_failed(all.error());
          }};
}

Route add_suppression_route(store::DetectionStore& store, alerting::Suppressions& live) {
  return {.pattern = "/api/v1/suppressions",
          .method = "POST",
          .role = Role::analyst,
          .waits = true,
          .answer = [&store, &live](const Call& call) { return add(store, live, call); }};
}

Route remove_suppression_route(store::DetectionStore& store, alerting::Suppressions& live) {
  return {.pattern = "/api/v1/suppressions/{id}",
          .method = "DELETE",
          .role = Role::analyst,
          .waits = true,
          .answer = [&store, &live](const Call& call) { return remove(store, live, call); }};
}

Route preview_suppression_route(store::DetectionStore& store) {
  return {
      .pattern = "/api/v1/suppressions/preview", .method = "POST", .waits = true, .answer = [&store](const Call& call) {
        return answer_preview(store, call);
      }};
}

}  // namespace weir::api
