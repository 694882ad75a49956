// SPDX-License-Identifier: Apache-2.0
#include "api/routes/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/fakes.h"
#include "api/router.h"

namespace weir::api {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Routes : public testing::Test {
 protected:
  FakeStore store_;
  FakeStatus status_;
  EventHub hub_{EventHub::Capacity{}, 1};
  alerting::Suppressions suppressions_;
  const Access access_{{}, {}};
  Router router_{make_routes(store_, status_, hub_, suppressions_), access_, StaticFiles({})};

  Response get(std::string target) { return router_.answer({.target = std::move(target), .host = "localhost"}); }
  json get_json(std::string target) { return json::parse(get(std::move(target)).body); }
  std::string refusal(std::string target) {
    const Response response = get(std::move(target));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.content_type, "application/problem+json");
    const json problem = json::parse(response.body);
    EXPECT_EQ(problem["title"], "Bad Request");
    EXPECT_EQ(problem["status"], 400);
    return problem["detail"];
  }
};

TEST_F(Routes, logs_are_a_plain_list) {
  store_.detections = {some_detection(2), some_detection(1)};
  const json logs = get_json("/logs");
  ASSERT_EQ(logs.size(), 2);
  EXPECT_EQ(logs[0]["flow_uid"], "02020202020202020202020202020202");
  EXPECT_EQ(logs[0]["flow_id"], "198.18.0.5:51515-198.18.0.9:443/tcp");
  EXPECT_EQ(logs[0]["timestamp"], "2026-01-31T08:15:31.000127Z");
  EXPECT_EQ(logs[0]["status"], "anomaly");
  EXPECT_EQ(logs[0]["attack_type"], "port_scan");
  EXPECT_EQ(logs[0]["score"], -0.1);
  EXPECT_EQ(store_.asked().limit, 100);
}

TEST_F(Routes, logs_take_limit_and_since) {
  get("/logs?limit=7&since=1970-01-01T00:00:01Z");
  EXPECT_EQ(store_.asked().limit, 7);
  EXPECT_EQ(store_.asked().from, base::from_us(1'000'000));
}

TEST_F(Routes, detections_without_conditions_ask_for_all) {
  EXPECT_EQ(get("/api/v1/detections").status, 200);
  const store::DetectionQuery asked = store_.asked();
  EXPECT_FALSE(asked.from || asked.to || asked.status || asked.attack_type || asked.at_least || asked.host ||
               asked.flow_id || asked.community_id || asked.text);
  EXPECT_EQ(asked.limit, 100);
  EXPECT_EQ(asked.cursor, "");
}

TEST_F(Routes, each_condition_reaches_the_store) {
  get("/api/v1/"
      "detections?from=1970-01-01T00:00:01Z&to=1970-01-01T01:00:02%2B01:00&status=unscored&attack_type=port_scan"
      "&min_severity=medium&host=198.18.0.5&flow_id=198.18.0.5:1-198.18.0.9:2%2Ftcp&community_id=1:abc%2B%2F%3D&q="
      "Brute+force"
      "&limit=1000&cursor=c1");
  const store::DetectionQuery asked = store_.asked();
  EXPECT_EQ(asked.from, base::from_us(1'000'000));
  EXPECT_EQ(asked.to, base::from_us(2'000'000));
  EXPECT_EQ(asked.status, scoring::Status::unscored);
  EXPECT_EQ(asked.attack_type, "port_scan");
  EXPECT_EQ(asked.at_least, alerting::Severity::medium);
  EXPECT_EQ(asked.host, base::IpAddress::parse("198.18.0.5"));
  EXPECT_EQ(asked.flow_id, "198.18.0.5:1-198.18.0.9:2/tcp");
  EXPECT_EQ(asked.community_id, "1:abc+/=");
  EXPECT_EQ(asked.text, "Brute force");
  EXPECT_EQ(asked.limit, 1000);
  EXPECT_EQ(asked.cursor, "c1");
}

TEST_F(Routes, the_cursor_of_the_store_is_handed_on) {
  store_.detections = {some_detection()};
  store_.next_cursor = "c2";
  EXPECT_EQ(get_json("/api/v1/detections")["next_cursor"], "c2");
}

TEST_F(Routes, a_bad_value_is_refused_by_a_sentence_that_names_its_parameter) {
  for (const char* pair :
       {"from=now", "to=2026-01-31", "status=bad", "attack_type=", "min_severity=5", "host=example.org",
        "host=198.18.0.5/24", "flow_id=", "community_id=", "q=", "limit=0", "limit=1001", "limit=ten", "cursor="}) {
    const std::string name = std::string(pair).substr(0, std::string_view(pair).find('='));
    EXPECT_THAT(refusal("/api/v1/detections?" + std::string(pair)), HasSubstr("'" + name + "'")) << pair;
  }
  EXPECT_THAT(refusal("/api/v1/detections?q=" + std::string(201, 'x')), HasSubstr("'q'"));
  EXPECT_THAT(refusal("/logs?limit=-1"), HasSubstr("'limit'"));
  EXPECT_THAT(refusal("/logs?since=yesterday"), HasSubstr("'since'"));
  EXPECT_THAT(refusal("/api/v1/throughput?max_points=10001"), HasSubstr("'max_points'"));
}

TEST_F(Routes, an_unknown_or_repeated_parameter_is_refused) {
  EXPECT_EQ(refusal("/logs?lmit=5"), "There is no parameter 'lmit'; known are: limit, since.");
  EXPECT_EQ(refusal("/logs?limit=5&limit=6"), "The parameter 'limit' is given twice.");
  EXPECT_EQ(refusal("/api/v1/status?x"), "There is no parameter 'x': this takes none.");
}

TEST_F(Routes, a_cursor_that_the_store_refuses_is_the_callers_mistake) {
  EXPECT_THAT(refusal("/api/v1/detections?cursor=broken"), HasSubstr("'cursor'"));
}

TEST_F(Routes, a_store_that_is_away_is_503_even_with_a_cursor_and_its_words_stay_inside) {
  store_.broken = true;
  for (const char* target : {"/logs", "/api/v1/detections", "/api/v1/detections?cursor=broken", "/api/v1/summary",
                             "/api/v1/throughput", "/api/v1/detections/01010101010101010101010101010101"}) {
    const Response response = get(target);
    EXPECT_EQ(response.status, 503) << target;
    EXPECT_EQ(response.body.find("db.example"), std::string::npos);
    EXPECT_THAT(response.note, HasSubstr("db.example")) << target;
  }
}

TEST_F(Routes, one_detection_comes_with_its_features) {
  store_.detections = {some_detection()};
  store_.known_model.emplace();
  store_.known_model->version = "default@1";
  store_.known_model->feature_names = {"flow_duration_us", "fwd_packets"};
  store_.known_model->medians = {1, 2};
  const json detail = get_json("/api/v1/detections/01010101010101010101010101010101");
  EXPECT_EQ(detail["features"].size(), 2);
  EXPECT_EQ(detail["features"][0]["value"], 1000);
  EXPECT_TRUE(detail["features"][0]["low"].is_null());
  EXPECT_EQ(detail["model"]["version"], "default@1");
}

TEST_F(Routes, a_detection_that_is_not_there_is_404_and_an_id_that_is_none_is_400) {
  EXPECT_EQ(get("/api/v1/detections/01010101010101010101010101010101").status, 404);
  for (const char* id : {"1", "0101010101010101010101010101010G", "0101010101010101010101010101010101", "%2e%2e%2f"}) {
    EXPECT_EQ(get("/api/v1/detections/" + std::string(id)).status, 400) << id;
  }
  EXPECT_EQ(get("/api/v1/detections/").status, 404);
  EXPECT_EQ(get("/api/v1/detections/a/b").status, 404);
}

TEST_F(Routes, the_summary_counts_by_status_and_type) {
  EXPECT_EQ(get_json("/api/v1/summary"),
            json::parse(R"({"total":3,"by_status":{"anomaly":2,"unscored":1,"normal":0},"suppressed":0,
                            "by_attack_type":[{"attack_type":"port_scan","count":2}]})"));
}

TEST_F(Routes, throughput_without_bounds_is_all_of_it) {
  store_.samples = {{.at = base::from_us(10'000'000), .sensor = "lab", .seconds = 10, .packets = 5, .bytes = 700}};
  const json points = get_json("/api/v1/throughput")["points"];
  ASSERT_EQ(points.size(), 1);
  EXPECT_EQ(points[0]["packets"], 5);
  EXPECT_EQ(points[0]["at"], "1970-01-01T00:00:10.000000Z");
  EXPECT_EQ(store_.asked_from(), base::from_us(0));
  EXPECT_GT(store_.asked_to(), base::from_us(4'102'444'800'000'000));
  EXPECT_EQ(store_.asked_max_points(), 600);
}

TEST_F(Routes, throughput_takes_bounds) {
  get("/api/v1/throughput?from=1970-01-01T00:00:01Z&to=1970-01-01T00:00:02Z&max_points=5");
  EXPECT_EQ(store_.asked_from(), base::from_us(1'000'000));
  EXPECT_EQ(store_.asked_to(), base::from_us(2'000'000));
  EXPECT_EQ(store_.asked_max_points(), 5);
}

TEST_F(Routes, health_says_ok_whatever_the_pipeline_does) {
  status_.snapshot.state = "failed";
  status_.snapshot.store_ok = false;
  EXPECT_EQ(get_json("/healthz"), json({{"status", "ok"}, {"version", "0.1.0"}}));
}

TEST_F(Routes, ready_is_a_running_or_finished_pipeline_with_its_store) {
  const auto ready = [&](const char* state, bool store_ok) {
    status_.snapshot.state = state;
    status_.snapshot.store_ok = store_ok;
    return get("/readyz").status;
  };
  EXPECT_EQ(ready("running", true), 200);
  EXPECT_EQ(ready("finished", true), 200);
  EXPECT_EQ(ready("running", false), 503);
  EXPECT_EQ(ready("stopping", true), 503);
  EXPECT_EQ(ready("failed", true), 503);
}

TEST_F(Routes, metrics_are_prometheus_text) {
  status_.snapshot.version = "1\"\\\n";
  status_.snapshot.loss.packets_seen = 12345678901;
  status_.snapshot.loss.packets_rejected = {{"not_ip", 7}, {"truncated", 1}};
  status_.snapshot.packet_time = base::from_us(1'500'000);
  status_.snapshot.threshold = -1.75;
  const Response response = get("/metrics");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("# TYPE weir_packets_total counter\nweir_packets_total 12345678901\n"));
  EXPECT_THAT(response.body, HasSubstr("weir_packets_rejected_total{reason=\"not_ip\"} 7\n"
                                       "weir_packets_rejected_total{reason=\"truncated\"} 1\n"));
  EXPECT_THAT(response.body, HasSubstr("weir_build_info{version=\"1\\\"\\\\\\n\"} 1\n"));
  EXPECT_THAT(response.body, HasSubstr("weir_packet_time_seconds 1.5\n"));
  EXPECT_THAT(response.body, HasSubstr("weir_threshold -1.75\n"));
  EXPECT_THAT(response.body, HasSubstr("weir_account_balanced 1\n"));
}

TEST_F(Routes, a_stream_starts_at_the_end_or_where_its_client_left) {
  hub_.publish("detection", "{}");
  hub_.publish("detection", "{}");
  const auto start = [&](std::optional<std::string> id) {
    const Response response =
        router_.answer({.target = "/api/v1/stream", .host = "localhost", .last_event_id = std::move(id)});
    EXPECT_EQ(response.content_type, "text/event-stream");
    return response.stream.value();
  };
  EXPECT_EQ(start(std::nullopt).position, 2);
  EXPECT_FALSE(start(std::nullopt).missed);
  EXPECT_EQ(start("0000000000000001-0").position, 1);
  EXPECT_FALSE(start("0000000000000001-0").missed);
  EXPECT_EQ(start("0000000000000002-0").position, 2);
  EXPECT_TRUE(start("0000000000000002-0").missed);
}

TEST_F(Routes, the_description_is_served_as_it_is) {
  const Response response = get("/api/v1/openapi.yaml");
  EXPECT_EQ(response.content_type, "application/yaml");
  EXPECT_THAT(std::string(response.bytes()), HasSubstr("openapi: 3.1.0"));
}

}  // namespace
}  // namespace weir::api
