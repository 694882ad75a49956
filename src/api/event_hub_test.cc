// SPDX-License-Identifier: Apache-2.0
#include "api/event_hub.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "api/fakes.h"

namespace weir::api {
namespace {

constexpr std::uint64_t kEpoch = 0xabc;

TEST(EventHub, a_listener_gets_what_is_published_after_it_came) {
  EventHub hub(EventHub::Capacity{}, kEpoch);
  hub.publish("detection", "{\"n\":1}");
  const auto start = hub.end();
  EXPECT_EQ(hub.read(start).frames, "");
  hub.publish("throughput", "{\"n\":2}");
  const auto batch = hub.read(start);
  EXPECT_EQ(batch.frames, "id: 0000000000000abc-1\nevent: throughput\ndata: {\"n\":2}\n\n");
  EXPECT_EQ(hub.read(batch.next).frames, "");
}

TEST(EventHub, a_detection_is_told_as_the_api_writes_it) {
  EventHub hub;
  const auto start = hub.end();
  hub.publish(some_detection());
  const std::string frames = hub.read(start).frames;
  EXPECT_NE(frames.find("event: detection\ndata: {\"flow_uid\":\"0101"), frames.npos) << frames;
}

TEST(EventHub, what_nobody_hears_is_numbered_and_not_kept) {
  EventHub hub(EventHub::Capacity{}, kEpoch);
  hub.publish(some_detection());
  hub.publish(some_detection());
  EXPECT_EQ(hub.end(), 2);
  EXPECT_NE(hub.read(1).frames.find("event: reset"), std::string::npos);
  hub.publish(some_detection());  // from now on somebody listens
  EXPECT_TRUE(hub.read(2).frames.starts_with("id: 0000000000000abc-2\nevent: detection\n"));
}

TEST(EventHub, events_are_kept_for_a_while_for_the_last_who_listened_and_then_it_is_told_that_some_were_missed) {
  EventHub hub(EventHub::Capacity{.unheard = std::chrono::seconds(0)}, kEpoch);
  const auto start = hub.end();
  hub.publish(some_detection());
  const auto batch = hub.read(start);
  EXPECT_NE(batch.frames.find("event: reset"), std::string::npos);
  EXPECT_EQ(batch.next, 1);
  EXPECT_FALSE(hub.position_after("0000000000000abc-"));
}

TEST(EventHub, whoever_wants_incidents_as_they_are_gets_each) {
  EventHub hub;
  std::vector<std::string> heard;
  hub.on_incident([&](const alerting::Incident& incident) { heard.push_back(incident.id); });
  const auto start = hub.end();
  alerting::Incident incident;
  incident.id = "4d1f0c6aa1b2c3d4";
  hub.publish(incident);
  hub.publish(some_detection());
  EXPECT_EQ(heard, std::vector<std::string>{"4d1f0c6aa1b2c3d4"});
  EXPECT_NE(hub.read(start).frames.find("event: incident"), std::string::npos);
}

TEST(EventHub, who_comes_back_goes_on_after_the_last_event_it_saw) {
  EventHub hub(EventHub::Capacity{}, kEpoch);
  for (int i = 0; i < 3; ++i) hub.publish("detection", std::to_string(i));
  const auto position = hub.position_after("0000000000000abc-0");
  ASSERT_TRUE(position);
  const std::string frames = hub.read(*position).frames;
  EXPECT_EQ(frames.find("data: 0"), frames.npos);
  EXPECT_NE(frames.find("data: 1"), frames.npos);
  EXPECT_NE(frames.find("data: 2"), frames.npos);
  EXPECT_EQ(hub.position_after("0000000000000abc-2"), hub.end());
}

TEST(EventHub, an_id_that_is_too_old_of_another_run_or_nonsense_has_no_position) {
  EventHub hub(EventHub::Capacity{.events = 2, .bytes = 1000}, kEpoch);
  for (int i = 0; i < 5; ++i) hub.publish("detection", std::to_string(i));
  EXPECT_FALSE(hub.position_after("0000000000000abc-1"));  // 2 is gone
  EXPECT_TRUE(hub.position_after("0000000000000abc-2"));   // 3 and 4 are here
  for (const char* id : {"0000000000000abd-4", "0000000000000abc-5", "0000000000000abc-", "0000000000000abc-4x", "4",
                         "", "0000000000000abc--1", "0000000000000abc-18446744073709551615"}) {
    EXPECT_FALSE(hub.position_after(id)) << id;
  }
}

TEST(EventHub, a_listener_that_the_ring_has_overtaken_is_told_to_start_over) {
  EventHub hub(EventHub::Capacity{.events = 2, .bytes = 1000}, kEpoch);
  const auto start = hub.end();
  for (int i = 0; i < 5; ++i) hub.publish("detection", std::to_string(i));
  const auto batch = hub.read(start);
  EXPECT_EQ(batch.frames, "id: 0000000000000abc-4\nevent: reset\ndata: {\"reason\":\"events were missed\"}\n\n");
  EXPECT_EQ(batch.next, hub.end());
}

TEST(EventHub, a_reset_before_the_first_event_has_no_id) {
  const EventHub hub(EventHub::Capacity{}, kEpoch);
  EXPECT_EQ(hub.reset_frame(hub.end()), "event: reset\ndata: {\"reason\":\"events were missed\"}\n\n");
}

TEST(EventHub, the_ring_keeps_to_its_bytes) {
  EventHub hub(EventHub::Capacity{.events = 1000, .bytes = 1000}, kEpoch);
  for (int i = 0; i < 100; ++i) hub.publish("detection", std::string(300, 'x'));
  EXPECT_TRUE(hub.position_after("0000000000000abc-97"));
  EXPECT_FALSE(hub.position_after("0000000000000abc-95"));
}

TEST(EventHub, an_event_larger_than_the_ring_is_a_gap) {
  EventHub hub(EventHub::Capacity{.events = 10, .bytes = 100}, kEpoch);
  const auto start = hub.end();
  hub.publish("detection", std::string(300, 'x'));
  EXPECT_NE(hub.read(start).frames.find("event: reset"), std::string::npos);
  hub.publish("detection", "small");
  EXPECT_NE(hub.read(hub.end() - 1).frames.find("data: small"), std::string::npos);
}

TEST(EventHub, much_news_comes_in_batches_of_bounded_size_and_none_is_lost) {
  EventHub hub;
  const auto start = hub.end();
  for (int i = 0; i < 1000; ++i) hub.publish("detection", std::string(500, 'x'));
  std::size_t events = 0;
  for (auto batch = hub.read(start); !batch.frames.empty(); batch = hub.read(batch.next)) {
    EXPECT_LE(batch.frames.size(), EventHub::kMaxBatchBytes);
    for (std::size_t at = 0; (at = batch.frames.find("event: ", at)) != std::string::npos; ++at) ++events;
  }
  EXPECT_EQ(events, 1000);
}

TEST(EventHub, publishers_and_listeners_on_many_threads_see_each_event_once_and_in_order) {
  EventHub hub(EventHub::Capacity{.events = 100'000, .bytes = 100'000'000}, kEpoch);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&hub] {
      for (int i = 0; i < 500; ++i) hub.publish("detection", "{}");
    });
  }
  std::uint64_t position = 0;
  while (position < 1000) {
    const auto batch = hub.read(position);
    if (!batch.frames.empty()) {
      EXPECT_TRUE(batch.frames.starts_with("id: 0000000000000abc-" + std::to_string(position) + "\n"));
    }
    position = batch.next;
  }
  EXPECT_EQ(position, 1000);
}

}  // namespace
}  // namespace weir::api
