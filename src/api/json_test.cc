// SPDX-License-Identifier: Apache-2.0
#include "api/json.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/fakes.h"
#include "features/schema.h"

namespace weir::api {
namespace {

using nlohmann::json;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Json, a_detection_says_who_when_and_what) {
  const json j = json::parse(detection_json(some_detection()));
  EXPECT_EQ(j["flow_uid"], "01010101010101010101010101010101");
  EXPECT_EQ(j["flow_id"], "198.18.0.5:51515-198.18.0.9:443/tcp");
  EXPECT_TRUE(j["community_id"].get<std::string>().starts_with("1:"));
  EXPECT_EQ(j["started_at"], "2026-01-31T08:15:30.000000Z");
  EXPECT_EQ(j["last_seen_at"], "2026-01-31T08:15:31.000126Z");
  EXPECT_EQ(j["alerted_at"], "2026-01-31T08:15:40.000000Z");
  EXPECT_EQ(j["protocol"], "tcp");
  EXPECT_EQ(j["protocol_number"], 6);
  EXPECT_EQ(j["status"], "anomaly");
  EXPECT_EQ(j["severity"], "high");
  EXPECT_EQ(j["end_reason"], "end_of_flow");
  EXPECT_EQ(j["packets"], 12);
}

TEST(Json, a_float_is_written_with_the_fewest_digits_that_give_it_back) {
  const std::string text = detection_json(some_detection());
  EXPECT_NE(text.find(R"("score":-0.1,)"), text.npos) << text;
  EXPECT_NE(text.find(R"("p_value":0.001,)"), text.npos) << text;
}

TEST(Json, what_is_absent_is_null) {
  alerting::Detection detection = some_detection();
  detection.alerted_at.reset();
  detection.technique.clear();
  detection.verdict.attack_type.clear();
  detection.verdict.confidence.reset();
  detection.verdict.p_value.reset();
  const json j = json::parse(detection_json(detection));
  for (const char* name :
       {"alerted_at", "technique", "attack_type", "confidence", "p_value", "vlan", "tunnel_id", "unscored_reason"}) {
    EXPECT_TRUE(j.contains(name) && j[name].is_null()) << name;
  }
}

TEST(Json, vlan_zero_is_a_vlan) {
  alerting::Detection detection = some_detection();
  detection.flow.vlan = 0;
  EXPECT_EQ(json::parse(detection_json(detection))["vlan"], 0);
}

TEST(Json, an_unscored_flow_has_a_reason_and_no_score) {
  alerting::Detection detection = some_detection();
  detection.verdict = scoring::Verdict();
  detection.verdict.status = scoring::Status::unscored;
  detection.verdict.unscored_reason = scoring::UnscoredReason::model_failed;
  const json j = json::parse(detection_json(detection));
  EXPECT_EQ(j["status"], "unscored");
  EXPECT_EQ(j["unscored_reason"], "model_failed");
  EXPECT_TRUE(j["score"].is_null());
  EXPECT_TRUE(j["margin"].is_null());
  EXPECT_TRUE(json::parse(log_json({&detection, 1}))[0]["score"].is_null());
}

TEST(Json, the_detail_sets_each_feature_against_its_baseline) {
  alerting::Detection detection = some_detection();
  detection.features = {1000, kNan};
  const store::ModelRecord model{.version = "default@1",
                                 .trained_on = "lab",
                                 .feature_names = {"flow_duration_us", "no_longer_computed"},
                                 .medians = {500, 1},
                                 .lows = {10, 0},
                                 .highs = {900, std::numeric_limits<float>::infinity()},
                                 .threshold = -0.05,
                                 .higher_is_worse = false,
                                 .loaded_at = base::from_us(0)};
  const json j = json::parse(detection_detail_json(detection, model));
  EXPECT_EQ(j["flow_id"], "198.18.0.5:51515-198.18.0.9:443/tcp");
  EXPECT_EQ(j["features"][0], json({{"name", "flow_duration_us"},
                                    {"unit", "us"},
                                    {"value", 1000},
                                    {"median", 500},
                                    {"low", 10},
                                    {"high", 900}}));
  EXPECT_TRUE(j["features"][1]["value"].is_null());
  EXPECT_TRUE(j["features"][1]["high"].is_null());
  EXPECT_TRUE(j["features"][1]["unit"].is_null());
  EXPECT_EQ(j["reasons"][0]["feature"], "fwd_packets");
  EXPECT_EQ(j["reasons"][0]["contribution"], 0.04);
  EXPECT_EQ(j["model"]["threshold"], -0.05);
}

TEST(Json, the_detail_of_a_forgotten_model_keeps_the_verdict) {
  const json j = json::parse(detection_detail_json(some_detection(), std::nullopt));
  EXPECT_TRUE(j["model"].is_null());
  EXPECT_TRUE(j["features"].empty());
  EXPECT_EQ(j["reasons"].size(), 1);
}

TEST(Json, broken_utf8_is_replaced_and_never_thrown) {
  alerting::Detection detection = some_detection();
  detection.verdict.attack_type = "bad\xff";
  EXPECT_EQ(json::parse(detection_json(detection))["attack_type"], "bad\xef\xbf\xbd");
}

TEST(Json, the_last_page_has_no_cursor) {
  store::DetectionPage page{{some_detection()}, "abc"};
  EXPECT_EQ(json::parse(detection_page_json(page))["next_cursor"], "abc");
  page.next_cursor.clear();
  EXPECT_TRUE(json::parse(detection_page_json(page))["next_cursor"].is_null());
}

TEST(Json, an_empty_answer_is_an_empty_list) {
  EXPECT_EQ(log_json({}), "[]");
  EXPECT_EQ(throughput_json({}), R"({"points":[]})");
  EXPECT_EQ(json::parse(detection_page_json({})), json({{"items", json::array()}, {"next_cursor", nullptr}}));
}

TEST(Json, the_status_holds_the_whole_account) {
  StatusSnapshot status = FakeStatus().snapshot;
  status.problem = "the store is away";
  status.loss.packets_seen = 100;
  status.loss.packets_rejected = {{"not_ip", 7}};
  status.loss.rows_unscored = {{"overload", 2}};
  status.loss.detections_spooled = 5;
  status.loss.balanced = false;
  const json j = json::parse(status_json(status, base::from_us(0)));
  EXPECT_EQ(j["problem"], "the store is away");
  EXPECT_EQ(j["now"], "1970-01-01T00:00:00.000000Z");
  EXPECT_TRUE(j["progress"].is_null());
  EXPECT_TRUE(j["packet_time"].is_null());
  EXPECT_EQ(j["loss"]["packets"]["seen"], 100);
  EXPECT_EQ(j["loss"]["packets"]["rejected"], json({{"not_ip", 7}}));
  EXPECT_EQ(j["loss"]["rows"]["unscored"], json({{"overload", 2}}));
  EXPECT_EQ(j["loss"]["detections"]["spooled"], 5);
  EXPECT_EQ(j["loss"]["balanced"], false);
}

TEST(Json, what_a_packet_costs_is_unknown_before_the_first) {
  StatusSnapshot status = FakeStatus().snapshot;
  status.capture_cpu_s = 2e-6;
  status.loss.packets_seen = 0;
  EXPECT_TRUE(json::parse(status_json(status, base::from_us(0)))["capture"]["cpu_ns_per_packet"].is_null());
  status.loss.packets_seen = 20;
  EXPECT_NEAR(json::parse(status_json(status, base::from_us(0)))["capture"]["cpu_ns_per_packet"], 100, 1e-6);
}

TEST(Json, counts_without_reasons_are_an_empty_object) {
  const json j = json::parse(status_json(FakeStatus().snapshot, base::from_us(0)));
  EXPECT_EQ(j["loss"]["packets"]["rejected"], json::object());
}

TEST(Json, the_catalogue_lists_every_feature_in_order) {
  const json items = json::parse(feature_catalogue_json())["items"];
  ASSERT_EQ(items.size(), features::kFeatureCount);
  EXPECT_EQ(items[0]["name"], features::kFeatures[0].name);
  EXPECT_EQ(items.back()["name"], features::kFeatures.back().name);
  EXPECT_EQ(items[0]["family"], "flow");
}

}  // namespace
}  // namespace weir::api
