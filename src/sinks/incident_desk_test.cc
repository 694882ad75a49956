// SPDX-License-Identifier: Apache-2.0
#include "sinks/incident_desk.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fmt/format.h>

namespace weir::sinks {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

alerting::Incident incident(std::string id, std::uint64_t flows = 1) {
  alerting::Incident made;
  made.id = std::move(id);
  made.flows = flows;
  made.severity = alerting::Severity::medium;
  return made;
}

// A store of incidents that may be away, and what was told.
class IncidentDeskTest : public testing::Test {
 protected:
  IncidentDeskTest() { fs::remove(file); }
  ~IncidentDeskTest() override { fs::remove(file); }

  std::unique_ptr<IncidentDesk> open(std::chrono::milliseconds settle) {
    auto watch = IncidentWatch::open(file, {.settle = settle, .quiet = 300s, .growth = 10});
    EXPECT_TRUE(watch) << watch.error().message();
    return std::make_unique<IncidentDesk>(
        std::move(*watch), "edge", [this](const std::string& id) { return fetch(id); },
        [this](const IncidentNews& news) {
          const std::lock_guard lock(mutex);
          told.push_back(fmt::format("{} {} {} flows, {}", news_key(news), to_string(news.change), news.incident.flows,
                                     news.story));
        });
  }

  base::Result<std::optional<IncidentDesk::Current>> fetch(const std::string& id) {
    const std::lock_guard lock(mutex);
    fetches += 1;
    if (is_away) return base::fail("away");
    const auto found = store.find(id);
    if (found == store.end()) return std::optional<IncidentDesk::Current>();
    return std::optional(IncidentDesk::Current{found->second, "story"});
  }

  void put(const std::string& id, const alerting::Incident& what) {
    const std::lock_guard lock(mutex);
    store[id] = what;
  }
  void set_away(bool away) {
    const std::lock_guard lock(mutex);
    is_away = away;
  }
  std::vector<std::string> wait_for(std::size_t count) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::lock_guard lock(mutex);
        if (told.size() >= count) return told;
      }
      std::this_thread::sleep_for(5ms);
    }
    return {};
  }
  int fetched() {
    const std::lock_guard lock(mutex);
    return fetches;
  }

  const fs::path file = fs::path(testing::TempDir()) / fmt::format("weir-desk-{}", ::getpid());
  std::mutex mutex;
  std::map<std::string, alerting::Incident> store;
  std::vector<std::string> told;
  bool is_away = false;
  int fetches = 0;
};

TEST_F(IncidentDeskTest, tells_what_the_incident_has_become_when_it_is_due) {
  put("a", incident("a", 1000));
  const auto desk = open(20ms);
  desk->look(std::vector{incident("a", 1)});
  EXPECT_EQ(wait_for(1), std::vector<std::string>{"a-1 opened 1000 flows, story"});
  desk->look(std::vector{incident("a", 1000)});
  auto judged = incident("a", 1000);
  judged.state = alerting::IncidentState::dismissed;
  put("a", judged);
  desk->look(std::vector{judged});
  EXPECT_EQ(wait_for(2).back(), "a-2 dismissed 1000 flows, story");
}

TEST_F(IncidentDeskTest, a_stop_tells_what_waits) {
  put("a", incident("a"));
  const auto desk = open(1h);
  desk->look(std::vector{incident("a")});
  desk->stop(10s);
  EXPECT_EQ(wait_for(1), std::vector<std::string>{"a-1 opened 1 flows, story"});
}

TEST_F(IncidentDeskTest, what_was_told_is_not_told_by_the_next_run) {
  put("a", incident("a"));
  put("b", incident("b"));
  for (const char* id : {"a", "b"}) {
    const auto desk = open(0ms);
    desk->look(std::vector{incident("a"), incident(id)});
    desk->stop(10s);
  }
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(IncidentDeskTest, waits_for_a_store_that_is_away) {
  put("a", incident("a"));
  set_away(true);
  const auto desk = open(0ms);
  desk->look(std::vector{incident("a")});
  while (fetched() == 0) std::this_thread::sleep_for(1ms);
  set_away(false);
  EXPECT_EQ(wait_for(1).size(), 1u);
}

TEST_F(IncidentDeskTest, a_store_that_stays_away_does_not_hold_up_a_stop) {
  set_away(true);
  const auto desk = open(1h);
  desk->look(std::vector{incident("a")});
  const auto begin = std::chrono::steady_clock::now();
  desk->stop(30s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_TRUE(told.empty());
}

TEST_F(IncidentDeskTest, one_that_became_part_of_another_is_told_as_that_one_and_once) {
  put("a", incident("b", 7));
  put("b", incident("b", 7));
  const auto desk = open(0ms);
  desk->look(std::vector{incident("a"), incident("b")});
  desk->look(std::vector{incident("gone")});
  desk->stop(10s);
  EXPECT_EQ(told, std::vector<std::string>{"b-1 opened 7 flows, story"});
}

TEST_F(IncidentDeskTest, thousands_of_looks_from_several_threads_make_one_message_each) {
  for (int i = 0; i < 20; ++i) put(fmt::format("i{}", i), incident(fmt::format("i{}", i)));
  const auto desk = open(1ms);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) desk->look(std::vector{incident(fmt::format("i{}", round % 20))});
    });
  }
  for (std::thread& thread : threads) thread.join();
  desk->stop(10s);
  EXPECT_EQ(told.size(), 20u);
}

}  // namespace
}  // namespace weir::sinks
