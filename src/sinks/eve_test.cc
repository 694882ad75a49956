// SPDX-License-Identifier: Apache-2.0
// EVE: what an alert looks like, what its file goes through, and what happens when the file cannot be written.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sinks/eve_event.h"
#include "sinks/eve_file.h"
#include "sinks/eve_log.h"

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

alerting::Detection alert_of(std::uint8_t flow) {
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
  const json event = json::parse(eve_alert(alert_of(0xff)));
  EXPECT_EQ(event["event_type"], "alert");
  EXPECT_EQ(event["timestamp"], "2026-01-31T08:15:40.000000+0000");
  EXPECT_EQ(event["flow_id"], (1ull << 53) - 1) << "the largest that a double holds exactly";
  EXPECT_EQ(event["src_ip"], "198.18.0.5");
  EXPECT_EQ(event["dest_ip"], "2001:db8::9");
  EXPECT_EQ(event["dest_port"], 443);
  EXPECT_EQ(event["proto"], "TCP");
  EXPECT_EQ(event["community_id"], flow::community_id(alert_of(0xff).flow));
  EXPECT_EQ(event["flow"]["start"], "2026-01-31T08:15:30.000125+0000");
  EXPECT_EQ(event["alert"]["signature"], "WEIR brute_force");
  EXPECT_EQ(event["alert"]["severity"], 1);
  EXPECT_EQ(event["alert"]["metadata"]["mitre_technique_id"], json::array({"T1110"}));
  EXPECT_EQ(event["weir"]["confidence"], 0.75);
}

TEST(EveEvent, icmp_has_a_type_and_a_code_instead_of_ports) {
  alerting::Detection d = alert_of(1);
  d.flow.protocol = 58;
  d.flow.icmp_type = 128;
  const json event = json::parse(eve_alert(d));
  EXPECT_EQ(event["proto"], "IPv6-ICMP");
  EXPECT_EQ(event["icmp_type"], 128);
  EXPECT_FALSE(event.contains("src_port"));
  EXPECT_FALSE(event.contains("dest_port"));
}

TEST(EveEvent, a_type_has_its_own_signature_id_always) {
  alerting::Detection other = alert_of(1);
  other.verdict.attack_type = "scan";
  const auto id = [](const alerting::Detection& d) {
    return json::parse(eve_alert(d))["alert"]["signature_id"].get<int>();
  };
  EXPECT_EQ(id(alert_of(1)), id(alert_of(2)));
  EXPECT_NE(id(alert_of(1)), id(other));
  EXPECT_GE(id(other), 9'000'000);
}

TEST(EveEvent, an_event_is_one_line_of_json_whatever_the_names_hold) {
  alerting::Detection d = alert_of(1);
  d.sensor = "a\nb\"\xff";
  d.verdict.attack_type = "x\r\n{\"event_type\":\"flow\"}";
  d.verdict.score = std::numeric_limits<float>::quiet_NaN();
  const std::string line = eve_alert(d);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  ASSERT_TRUE(json::accept(line));
  EXPECT_TRUE(json::parse(line)["weir"]["score"].is_null());
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

class EveLogTest : public EveFileTest {
 protected:
  std::size_t lines() const {
    const std::string all = text(path_);
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
  }

  // The folder is gone: the file cannot be made anew. (A mode would not stop root.)
  void break_file() {
    fs::remove(path_);
    fs::rename(folder_, away());
  }
  void mend_file() { fs::rename(away(), folder_); }
  fs::path away() const { return folder_.string() + "-away"; }

  static void wait_for(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ASSERT_TRUE(condition());
  }
};

TEST_F(EveLogTest, a_flow_is_told_once_for_each_attack_type_and_hidden_or_normal_ones_never) {
  EveLog log(open());
  alerting::Detection hidden = alert_of(2), normal = alert_of(3), renamed = alert_of(1);
  hidden.suppressed_by = "rule";
  normal.verdict.status = scoring::Status::normal;
  renamed.verdict.attack_type = "scan";
  log.tell(std::vector{alert_of(1), hidden, normal});
  log.tell(std::vector{alert_of(1)});
  log.tell(std::vector{renamed});
  const EveReport report = log.stop();
  EXPECT_EQ(report.written, 2u);
  EXPECT_EQ(report.waiting, 0u);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_EQ(lines(), 2u);
}

TEST_F(EveLogTest, what_the_file_does_not_take_waits_until_it_does) {
  std::vector<std::string> said;
  EveLog log(open(), [&](const std::string& sentence) { said.push_back(sentence); });
  break_file();
  log.tell(std::vector{alert_of(1)});
  log.tell(std::vector{alert_of(2)});
  wait_for([&] { return !log.report().ok; });
  EXPECT_EQ(log.report().waiting, 2u);
  mend_file();
  wait_for([&] { return log.report().written == 2; });
  const EveReport report = log.stop();
  EXPECT_TRUE(report.ok);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_EQ(lines(), 2u);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_THAT(said[0], HasSubstr("No such file or directory; trying again"));
  EXPECT_THAT(said[1], HasSubstr("takes alerts again"));
}

TEST_F(EveLogTest, beyond_the_queue_alerts_are_counted_as_lost_and_told_again_when_their_flow_is_heard_of_again) {
  EveLog log(open(), {}, 1);
  break_file();
  log.tell(std::vector{alert_of(1)});
  wait_for([&] { return !log.report().ok; });  // the worker holds it
  log.tell(std::vector{alert_of(2)});          // fills the queue
  log.tell(std::vector{alert_of(3)});
  EXPECT_EQ(log.report().lost, 1u);
  EXPECT_EQ(log.report().waiting, 2u);
  mend_file();
  wait_for([&] { return log.report().written == 2; });
  log.tell(std::vector{alert_of(3)});
  const EveReport report = log.stop();
  EXPECT_EQ(report.written, 3u);
  EXPECT_EQ(lines(), 3u);
}

TEST_F(EveLogTest, a_stop_does_not_wait_for_a_file_that_fails) {
  EveLog log(open());
  break_file();
  for (std::uint8_t flow = 0; flow < 5; ++flow) log.tell(std::vector{alert_of(flow)});
  const auto begin = std::chrono::steady_clock::now();
  const EveReport report = log.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(report.lost, 5u);
  EXPECT_EQ(report.waiting, 0u);
  mend_file();
}

}  // namespace
}  // namespace weir::sinks
