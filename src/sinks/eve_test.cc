// SPDX-License-Identifier: Apache-2.0
// EVE: what an event looks like, and what its file goes through.
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sinks/eve_event.h"
#include "sinks/eve_file.h"

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

alerting::Detection anomalous(std::uint8_t flow) {
  alerting::Detection d;
  d.flow.uid.bytes.fill(static_cast<std::byte>(flow));
  d.flow.src_ip = *base::IpAddress::parse("198.18.0.5");
  d.flow.dst_ip = *base::IpAddress::parse("2001:db8::9");
  d.flow.src_port = 51515;
  d.flow.dst_port = 443;
  d.flow.protocol = 6;
  d.flow.started = base::from_us(1'769'847'330'000'125);
  d.flow.last = d.flow.started + std::chrono::seconds(3);
  d.flow.packets = 12;
  d.flow.bytes = 3456;
  d.flow.packets_back = 5;
  d.flow.bytes_back = 3000;
  d.sensor = "edge";
  d.alerted_at = base::from_us(1'769'847'340'000'000);
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.score = -0.25F;
  d.verdict.margin = 0.125F;
  d.verdict.attack_type = "brute_force";
  d.verdict.confidence = 0.75F;
  d.severity = alerting::Severity::high;
  d.technique = "T1110";
  d.model_version = "default@1";
  return d;
}

TEST(EveEvent, an_alert_has_what_a_reader_of_suricata_looks_for) {
  const json event = json::parse(eve_alert(anomalous(0xff)));
  EXPECT_EQ(event["event_type"], "alert");
  EXPECT_EQ(event["timestamp"], "2026-01-31T08:15:40.000000+0000");
  EXPECT_EQ(event["flow_id"], (1ull << 53) - 1) << "the largest that a double holds exactly";
  EXPECT_EQ(event["src_ip"], "198.18.0.5");
  EXPECT_EQ(event["dest_ip"], "2001:db8::9");
  EXPECT_EQ(event["dest_port"], 443);
  EXPECT_EQ(event["proto"], "TCP");
  EXPECT_EQ(event["community_id"], flow::community_id(anomalous(0xff).flow));
  EXPECT_EQ(event["flow"]["start"], "2026-01-31T08:15:30.000125+0000");
  EXPECT_EQ(event["flow"]["pkts_toserver"], 7);
  EXPECT_EQ(event["flow"]["bytes_toclient"], 3000);
  EXPECT_EQ(event["alert"]["signature"], "WEIR brute_force");
  EXPECT_EQ(event["alert"]["severity"], 1);
  EXPECT_EQ(event["alert"]["metadata"]["mitre_technique_id"], json::array({"T1110"}));
  EXPECT_EQ(event["weir"]["confidence"], 0.75);
}

TEST(EveEvent, icmp_has_a_type_and_a_code_instead_of_ports) {
  alerting::Detection d = anomalous(1);
  d.flow.protocol = 58;
  d.flow.icmp_type = 128;
  const json event = json::parse(eve_alert(d));
  EXPECT_EQ(event["proto"], "IPv6-ICMP");
  EXPECT_EQ(event["icmp_type"], 128);
  EXPECT_FALSE(event.contains("src_port"));
  EXPECT_FALSE(event.contains("dest_port"));
}

TEST(EveEvent, a_type_has_its_own_signature_id_always) {
  alerting::Detection other = anomalous(1);
  other.verdict.attack_type = "scan";
  const auto id = [](const alerting::Detection& d) {
    return json::parse(eve_alert(d))["alert"]["signature_id"].get<int>();
  };
  EXPECT_EQ(id(anomalous(1)), id(anomalous(2)));
  EXPECT_NE(id(anomalous(1)), id(other));
  EXPECT_GE(id(other), 9'000'000);
}

TEST(EveEvent, an_event_is_one_line_of_json_whatever_the_names_hold) {
  alerting::Detection d = anomalous(1);
  d.sensor = "a\nb\"\xff";
  d.verdict.attack_type = "x\r\n{\"event_type\":\"flow\"}";
  d.verdict.score = std::numeric_limits<float>::quiet_NaN();
  const std::string line = eve_alert(d);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  ASSERT_TRUE(json::accept(line));
  EXPECT_TRUE(json::parse(line)["weir"]["score"].is_null());
}

TEST(EveEvent, a_flow_says_how_much_went_each_way_and_how_it_ended) {
  alerting::Detection d = anomalous(1);
  d.flow.end_reason = flow::EndReason::end_of_flow;
  const json event = json::parse(eve_event(*flow_of(d)));
  EXPECT_EQ(event["event_type"], "flow");
  EXPECT_EQ(event["timestamp"], "2026-01-31T08:15:33.000125+0000");
  EXPECT_EQ(event["flow"]["pkts_toserver"], 7);
  EXPECT_EQ(event["flow"]["pkts_toclient"], 5);
  EXPECT_EQ(event["flow"]["bytes_toserver"], 456);
  EXPECT_EQ(event["flow"]["bytes_toclient"], 3000);
  EXPECT_EQ(event["flow"]["age"], 3);
  EXPECT_EQ(event["flow"]["state"], "closed");
  EXPECT_EQ(event["flow"]["alerted"], true);
  d.flow.end_reason = flow::EndReason::idle_timeout;
  d.flow.packets_back = 0;
  d.verdict.status = scoring::Status::normal;
  const json unanswered = json::parse(eve_event(*flow_of(d)));
  EXPECT_EQ(unanswered["flow"]["state"], "new");
  EXPECT_EQ(unanswered["flow"]["reason"], "timeout");
  EXPECT_EQ(unanswered["flow"]["alerted"], false);
}

TEST(EveEvent, an_alert_without_a_type_is_an_anomaly_for_who_wants_them_apart) {
  alerting::Detection d = anomalous(1);
  EXPECT_EQ(json::parse(eve_event(*alert_of(d), true))["event_type"], "alert");
  d.verdict.attack_type.clear();
  EXPECT_EQ(json::parse(eve_event(*alert_of(d), false))["event_type"], "alert");
  const json event = json::parse(eve_event(*alert_of(d), true));
  EXPECT_EQ(event["event_type"], "anomaly");
  EXPECT_EQ(event["anomaly"]["event"], "unusual_traffic");
}

TEST(EveEvent, stats_stand_where_suricata_has_them) {
  SensorStats stats{.at = base::from_us(1'769'847'340'000'000), .sensor = "edge", .uptime_s = 61.5};
  stats.packets = 90;
  stats.kernel_drops = 10;
  stats.packets_rejected = {{"truncated", 3}, {"not_ip", 4}};
  stats.flows_open = 2;
  const json event = json::parse(eve_event(stats_of(stats)));
  EXPECT_EQ(event["event_type"], "stats");
  EXPECT_EQ(event["stats"]["uptime"], 61);
  EXPECT_EQ(event["stats"]["capture"]["kernel_packets"], 100);
  EXPECT_EQ(event["stats"]["capture"]["kernel_drops"], 10);
  EXPECT_EQ(event["stats"]["decoder"]["pkts"], 90);
  EXPECT_EQ(event["stats"]["decoder"]["invalid"], 7);
  EXPECT_EQ(event["stats"]["flow"]["active"], 2);
  EXPECT_EQ(event["weir"]["packets_rejected"]["not_ip"], 4);
}

TEST(Events, what_a_rule_hides_or_is_normal_is_no_alert_and_a_type_makes_another_key) {
  alerting::Detection d = anomalous(1);
  const std::string key = alert_of(d)->key;
  EXPECT_EQ(key, std::string("01010101010101010101010101010101-brute_force"));
  EXPECT_EQ(alert_of(d)->key, key);
  d.verdict.attack_type = "scan";
  EXPECT_NE(alert_of(d)->key, key);
  d.suppressed_by = "rule";
  EXPECT_FALSE(alert_of(d));
  EXPECT_FALSE(flow_of(d));
  d.suppressed_by.clear();
  d.verdict.status = scoring::Status::normal;
  EXPECT_FALSE(alert_of(d));
  EXPECT_TRUE(flow_of(d));
}

class EveFileTest : public testing::Test {
 protected:
  EveFileTest() {
    std::string name = (fs::temp_directory_path() / "weir-eve-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "eve.json";
  }
  ~EveFileTest() override { fs::remove_all(folder_); }

  static std::string text(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::unique_ptr<EveFile> open(EveFileOptions options = {}) {
    return std::move(EveFile::open(path_, options).value());
  }

  fs::path folder_, path_;
};

TEST_F(EveFileTest, a_file_is_continued_and_a_half_line_that_a_crash_left_is_ended) {
  std::ofstream(path_) << "{}\n{\"half";
  EXPECT_TRUE(open()->append("{1}\n"));
  EXPECT_TRUE(open()->append("{2}\n"));
  EXPECT_EQ(text(path_), "{}\n{\"half\n{1}\n{2}\n");
}

TEST_F(EveFileTest, a_file_that_was_moved_away_is_made_anew) {
  auto file = open();
  ASSERT_TRUE(file->append("a\n"));
  fs::rename(path_, folder_ / "moved");
  ASSERT_TRUE(file->append("b\n"));
  EXPECT_EQ(text(folder_ / "moved"), "a\n");
  EXPECT_EQ(text(path_), "b\n");
}

TEST_F(EveFileTest, a_file_that_would_be_too_large_is_moved_on_and_the_oldest_is_dropped) {
  auto file = open({.rotate_bytes = 5, .keep = 2});
  for (const char* line : {"111\n", "222\n", "333\n", "444\n"}) ASSERT_TRUE(file->append(line));
  EXPECT_EQ(text(path_), "444\n");
  EXPECT_EQ(text(folder_ / "eve.json.1"), "333\n");
  EXPECT_EQ(text(folder_ / "eve.json.2"), "222\n");
  EXPECT_FALSE(fs::exists(folder_ / "eve.json.3"));
}

TEST_F(EveFileTest, a_file_that_was_emptied_in_place_is_not_moved_on) {
  auto file = open({.rotate_bytes = 5, .keep = 2});
  ASSERT_TRUE(file->append("111\n"));
  fs::resize_file(path_, 0);
  ASSERT_TRUE(file->append("222\n"));
  EXPECT_EQ(text(path_), "222\n");
  EXPECT_FALSE(fs::exists(folder_ / "eve.json.1"));
}

TEST_F(EveFileTest, what_is_no_file_is_refused_in_a_sentence) {
  const auto in_nothing = EveFile::open(folder_ / "no" / "eve.json");
  ASSERT_FALSE(in_nothing);
  EXPECT_THAT(in_nothing.error().message(), HasSubstr("no/eve.json: No such file or directory"));
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto pipe = EveFile::open(path_);
  ASSERT_FALSE(pipe);
  EXPECT_THAT(pipe.error().message(), HasSubstr("not a regular file"));
}

TEST_F(EveFileTest, what_is_sent_at_once_is_written_as_lines_or_not_at_all) {
  const auto sender = make_eve_file_sender(open());
  const std::vector<Record> records = {{"1", "{1}"}, {"2", "{2}"}};
  EXPECT_EQ(sender->send(records).sent, 2u);
  EXPECT_EQ(text(path_), "{1}\n{2}\n");
  fs::remove_all(folder_);
  const SendResult failed = sender->send(records);
  EXPECT_EQ(failed.sent, 0u);
  ASSERT_TRUE(failed.error);
  EXPECT_THAT(failed.error->message(), HasSubstr("No such file or directory"));
  EXPECT_FALSE(failed.hopeless);
}

TEST_F(EveFileTest, a_check_says_what_would_fail_and_makes_nothing) {
  EXPECT_TRUE(check_eve_file(path_));
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_FALSE(check_eve_file(folder_ / "no" / "eve.json"));
  fs::create_directory(path_);
  EXPECT_FALSE(check_eve_file(path_));
}

}  // namespace
}  // namespace weir::sinks
