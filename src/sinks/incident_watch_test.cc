// SPDX-License-Identifier: Apache-2.0
#include "sinks/incident_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using alerting::IncidentState;
using alerting::Severity;

alerting::Incident incident(std::string id, std::uint64_t flows = 1, Severity severity = Severity::medium) {
  alerting::Incident made;
  made.id = std::move(id);
  made.attack_type = "scan";
  made.flows = flows;
  made.severity = severity;
  made.actors.add(*base::IpAddress::parse("10.0.0.5"));
  return made;
}

class IncidentWatchTest : public testing::Test {
 protected:
  IncidentWatchTest() { fs::remove(file); }
  ~IncidentWatchTest() override { fs::remove(file); }

  IncidentWatch open() {
    auto watch = IncidentWatch::open(file, {.settle = 5s, .quiet = 300s, .growth = 10});
    EXPECT_TRUE(watch) << watch.error().message();
    return std::move(*watch);
  }
  void tell(IncidentWatch& watch, const alerting::Incident& what) {
    const auto news = watch.look(what, now);
    ASSERT_TRUE(news);
    ASSERT_TRUE(watch.told({news->change, news->number, what, "", ""}, now));
  }

  const fs::path file = fs::path(testing::TempDir()) / fmt::format("weir-told-{}", ::getpid());
  IncidentWatch::Clock::time_point now{1000h};
};

TEST_F(IncidentWatchTest, a_new_incident_is_news_once_it_has_settled) {
  IncidentWatch watch = open();
  EXPECT_TRUE(watch.is_new());
  const auto news = watch.look(incident("a"), now);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->change, IncidentChange::opened);
  EXPECT_EQ(news->number, 1u);
  EXPECT_EQ(news->due, now + 5s);
  tell(watch, incident("a"));
  EXPECT_FALSE(watch.look(incident("a"), now));
  EXPECT_FALSE(watch.look(incident("a", 9), now)) << "a few flows more are no news";
}

TEST_F(IncidentWatchTest, ten_times_as_large_is_news_but_not_at_once) {
  IncidentWatch watch = open();
  tell(watch, incident("a", 5));
  const auto news = watch.look(incident("a", 50), now + 1s);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->change, IncidentChange::worsened);
  EXPECT_EQ(news->due, now + 300s);
  EXPECT_EQ(watch.look(incident("a", 50), now + 301s)->due, now + 301s);
  EXPECT_FALSE(watch.look(incident("a", 49), now + 301s));
}

TEST_F(IncidentWatchTest, an_hour_of_scanning_makes_a_handful_of_messages) {
  IncidentWatch watch = open();
  int messages = 0;
  for (std::uint64_t second = 1; second <= 3600; ++second) {
    const auto what = incident("a", 100 * second);
    const auto news = watch.look(what, now + std::chrono::seconds(second));
    if (!news || (news->change != IncidentChange::opened && news->due > now + std::chrono::seconds(second))) continue;
    ASSERT_TRUE(watch.told({news->change, news->number, what, "", ""}, now + std::chrono::seconds(second)));
    ++messages;
  }
  EXPECT_GE(messages, 2);
  EXPECT_LE(messages, 4);
}

TEST_F(IncidentWatchTest, a_higher_severity_is_news_at_once) {
  IncidentWatch watch = open();
  tell(watch, incident("a", 5, Severity::low));
  const auto news = watch.look(incident("a", 6, Severity::critical), now + 1s);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->change, IncidentChange::worsened);
  EXPECT_EQ(news->due, now + 1s);
  EXPECT_FALSE(watch.look(incident("a", 6, Severity::none), now + 1s));
}

TEST_F(IncidentWatchTest, what_people_say_is_news_and_silences_growth) {
  IncidentWatch watch = open();
  tell(watch, incident("a"));
  auto judged = incident("a");
  judged.state = IncidentState::confirmed;
  EXPECT_EQ(watch.look(judged, now)->change, IncidentChange::confirmed);
  judged.state = IncidentState::dismissed;
  EXPECT_EQ(watch.look(judged, now)->change, IncidentChange::dismissed);
  tell(watch, judged);
  judged.flows = 1'000'000;
  judged.severity = Severity::critical;
  EXPECT_FALSE(watch.look(judged, now + 1h));
  judged.state = IncidentState::open;
  EXPECT_EQ(watch.look(judged, now)->change, IncidentChange::reopened);
  auto unknown = incident("b");
  unknown.state = IncidentState::closed;
  EXPECT_FALSE(watch.look(unknown, now));
}

TEST_F(IncidentWatchTest, a_restart_tells_nothing_twice_and_goes_on_counting) {
  {
    IncidentWatch watch = open();
    tell(watch, incident("a", 5));
    tell(watch, incident("a", 50));
    ASSERT_TRUE(watch.know(incident("b", 7)));
  }
  IncidentWatch watch = open();
  EXPECT_FALSE(watch.is_new());
  EXPECT_FALSE(watch.look(incident("a", 50), now));
  EXPECT_FALSE(watch.look(incident("b", 7), now));
  EXPECT_EQ(watch.look(incident("a", 500), now)->number, 3u);
  EXPECT_EQ(watch.look(incident("a", 500), now)->due, now) << "nobody knows when it was told last";
}

TEST_F(IncidentWatchTest, damaged_lines_hurt_no_other) {
  {
    IncidentWatch watch = open();
    for (const char* id : {"a", "b", "c"}) tell(watch, incident(id));
  }
  std::ofstream(file, std::ios::app) << "d 1 medium open 12345 1\n"
                                     << "e x medium open 1 1 .\n\xff\n"
                                     << "f 1 medium op";
  IncidentWatch watch = open();
  EXPECT_EQ(watch.size(), 3u);
  EXPECT_TRUE(watch.look(incident("d"), now));
  tell(watch, incident("g"));
  EXPECT_EQ(open().size(), 4u) << "the half line is not in the way of the next";
}

TEST_F(IncidentWatchTest, neither_memory_nor_file_grow_without_end) {
  IncidentWatch watch = open();
  ASSERT_TRUE(watch.know(incident("first")));
  for (std::size_t i = 0; i < 3 * IncidentWatch::kMost; ++i) {
    ASSERT_TRUE(watch.know(incident(fmt::format("{:016x}", i))));
    if (i % 1000 != 0) continue;
    ASSERT_TRUE(watch.know(incident("often told")));
  }
  EXPECT_EQ(watch.size(), IncidentWatch::kMost);
  EXPECT_TRUE(watch.look(incident("first"), now));
  EXPECT_FALSE(watch.look(incident("often told"), now));
  EXPECT_LT(fs::file_size(file), 2 * IncidentWatch::kMost * 60);
  EXPECT_EQ(open().size(), IncidentWatch::kMost);
}

TEST_F(IncidentWatchTest, a_place_that_cannot_be_written_is_told) {
  const auto watch = IncidentWatch::open("/no/such/folder/told", {});
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().message(), "/no/such/folder/told.new: No such file or directory");
}

TEST(IncidentEvent, is_one_line_of_json_with_a_key_that_names_it) {
  auto what = incident("4d1f0c6aa1b2c3d4", 1000, Severity::high);
  what.technique = "T1046";
  what.comment = "line one\nline two \xff";
  for (int i = 0; i < 30; ++i) what.targets.add(*base::IpAddress::parse(fmt::format("10.0.1.{}", i)));
  for (std::uint16_t port = 1; port < 200; port += 2) what.ports.add(port);
  const IncidentNews news{IncidentChange::worsened, 2, what, "It went on.", "edge"};
  const std::string line = incident_event(news, "https://weir.example.net/");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["event_type"], "incident");
  EXPECT_EQ(json["event_id"], "4d1f0c6aa1b2c3d4-2");
  EXPECT_EQ(json["event_id"], news_key(news));
  EXPECT_EQ(json["change"], "worsened");
  EXPECT_EQ(json["title"], "Scan of 30 hosts by 10.0.0.5");
  EXPECT_EQ(json["url"], "https://weir.example.net/incidents/4d1f0c6aa1b2c3d4");
  EXPECT_EQ(json["incident"]["severity"], "high");
  EXPECT_EQ(json["incident"]["targets"]["count"], 30);
  EXPECT_EQ(json["incident"]["targets"]["some"].size(), 20u);
  EXPECT_EQ(json["incident"]["ports"]["count"], 100);
  EXPECT_TRUE(json["incident"]["ports"]["list"].is_null()) << "too many to be read";
  EXPECT_TRUE(nlohmann::json::parse(incident_event(news, ""))["url"].is_null());
}

}  // namespace
}  // namespace weir::sinks
