// SPDX-License-Identifier: Apache-2.0
// The part of the contract that is about keeping a store within its limits.
#include <gmock/gmock.h>

#include <algorithm>

#include "store/detection_builder.h"
#include "store/detection_store_contract.h"
#include "store/retention.h"

namespace weir::store::test {

using alerting::Detection;
using alerting::IncidentState;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

const base::Timestamp kWall = kStart + days(1000);  // when rows are scored: long after they were recorded

// Flow n of an old capture, scored n hours after kWall.
Detection scored(std::uint64_t n) {
  Detection d = detection_of(n);
  d.scored_at = kWall + hours(n);
  d.flow.src_ip = *base::IpAddress::parse("10.0.0.5");
  return d;
}

std::vector<std::string> uids(const std::vector<Detection>& detections) {
  std::vector<std::string> all;
  for (const Detection& d : detections) all.push_back(d.flow.uid.to_string());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> uids_of(std::initializer_list<std::uint64_t> numbers) {
  std::vector<Detection> all;
  for (const std::uint64_t n : numbers) all.push_back(detection_of(n));
  return uids(all);
}

ThroughputSample sample_at(base::Timestamp at) { return {.at = at, .sensor = "lab", .seconds = 10, .packets = 1}; }

std::uint64_t number(const base::Result<std::uint64_t>& result) {
  EXPECT_TRUE(result) << result.error().message();
  return result ? *result : 999'999;
}

}  // namespace

TEST_P(DetectionStoreContract, the_oldest_by_when_they_were_scored_are_dropped_some_at_a_time) {
  for (std::uint64_t n = 0; n < 10; ++n) write({scored(n)});
  EXPECT_EQ(number(store().drop_detections(kWall + hours(7), 3)), 3u);
  EXPECT_EQ(uids(find_all({})), uids_of({3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(number(store().drop_detections(kWall + hours(7), 100)), 4u);
  EXPECT_EQ(uids(find_all({})), uids_of({7, 8, 9}));
  EXPECT_EQ(number(store().drop_detections(kWall + hours(7), 100)), 0u);
  EXPECT_EQ(store().counts()->total, 3u);
}

TEST_P(DetectionStoreContract, what_somebody_gave_feedback_on_is_not_dropped) {
  for (std::uint64_t n = 0; n < 4; ++n) write({scored(n)});
  Feedback feedback;
  feedback.at = kWall;
  feedback.by = "ann";
  feedback.flow = uid_of(1);
  ASSERT_TRUE(store().add_feedback(feedback));
  EXPECT_EQ(number(store().drop_detections(kWall + hours(3), 2)), 2u);
  EXPECT_EQ(uids(find_all({})), uids_of({1, 3}));
  EXPECT_EQ(store().extent()->oldest, kWall + hours(3));
}

TEST_P(DetectionStoreContract, its_extent_tells_the_oldest_and_how_many_and_how_much) {
  const auto empty = store().extent();
  ASSERT_TRUE(empty) << empty.error().message();
  EXPECT_EQ(empty->detections, 0u);
  EXPECT_EQ(empty->oldest, std::nullopt);
  std::vector<Detection> batch;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    batch.push_back(scored(n));
    batch.back().features.assign(200, static_cast<float>(n));
  }
  write(batch);
  const auto full = store().extent();
  ASSERT_TRUE(full) << full.error().message();
  EXPECT_EQ(full->detections, 2000u);
  EXPECT_EQ(full->oldest, kWall);
  EXPECT_GT(full->used_bytes, 2000u * 1000);
  EXPECT_LT(full->used_bytes, 2000u * 3000);
  EXPECT_GE(full->bytes, full->used_bytes * 9 / 10);

  ASSERT_EQ(number(store().drop_detections(kWall + hours(1000), 1000)), 1000u);
  const auto half = store().extent();
  ASSERT_TRUE(half) << half.error().message();
  EXPECT_EQ(half->detections, 1000u);
  // Also where deleted rows leave gaps that nobody gave back.
  EXPECT_NEAR(static_cast<double>(half->used_bytes), static_cast<double>(full->used_bytes) / 2,
              static_cast<double>(full->used_bytes) / 5);
}

TEST_P(DetectionStoreContract, an_incident_keeps_its_counts_when_its_flows_are_dropped_and_goes_only_once_closed) {
  for (std::uint64_t n = 0; n < 5; ++n) write({scored(n)});
  auto incident = store().find_incidents({})->incidents.front();
  ASSERT_EQ(incident.flows, 5u);
  ASSERT_EQ(number(store().drop_detections(kWall + hours(100), 100)), 5u);
  EXPECT_THAT(find_all({}), IsEmpty());
  for (const auto state : {IncidentState::open, IncidentState::confirmed}) {
    ASSERT_TRUE(store().judge_incident(incident.id, {state, "ann", "", kWall}));
    EXPECT_EQ(number(store().drop_incidents(kWall + days(1), 10)), 0u) << to_string(state);
    EXPECT_EQ((*store().incident(incident.id))->flows, 5u);
  }
  ASSERT_TRUE(store().judge_incident(incident.id, {IncidentState::closed, "ann", "", kWall}));
  EXPECT_EQ(number(store().drop_incidents(kWall, 10)), 0u) << "it was changed just then";
  EXPECT_EQ(number(store().drop_incidents(kWall + seconds(1), 10)), 1u);
  EXPECT_FALSE(*store().incident(incident.id));
}

TEST_P(DetectionStoreContract, a_closed_incident_of_which_a_flow_is_left_stays) {
  for (std::uint64_t n = 0; n < 3; ++n) write({scored(n)});
  const auto incident = store().find_incidents({})->incidents.front();
  ASSERT_TRUE(store().judge_incident(incident.id, {IncidentState::closed, "ann", "", kWall}));
  ASSERT_EQ(number(store().drop_detections(kWall + hours(2), 100)), 2u);
  EXPECT_EQ(number(store().drop_incidents(kWall + days(1), 10)), 0u);
  EXPECT_TRUE(*store().incident(incident.id));
}

TEST_P(DetectionStoreContract, an_incident_that_retention_thinned_keeps_its_counts_when_a_flow_leaves_it) {
  for (std::uint64_t n = 0; n < 5; ++n) write({scored(n)});
  const auto id = store().find_incidents({})->incidents.front().id;
  ASSERT_EQ(number(store().drop_detections(kWall + hours(2), 100)), 2u);
  Detection other = scored(4);
  other.verdict.attack_type = "flood";
  other.verdict.margin += 1;
  write({other});
  while (*store().tidy_one_incident()) {
  }
  EXPECT_EQ((*store().incident(id))->flows, 4u);
}

TEST_P(DetectionStoreContract, throughput_goes_by_age_but_not_before_the_flows_of_its_time) {
  const auto put = [this](base::Timestamp at) { ASSERT_TRUE(store().write({{}, {sample_at(at)}})); };
  for (int day = 0; day < 10; ++day) put(kStart + days(day));
  const auto left = [this] { return store().throughput(kStart, kStart + days(100), 1000)->size(); };
  EXPECT_EQ(number(store().drop_throughput(std::nullopt, 100)), 0u) << "no flow says how far back it is wanted";
  EXPECT_EQ(number(store().drop_throughput(days(7), 1)), 1u);
  EXPECT_EQ(number(store().drop_throughput(days(7), 100)), 1u);
  EXPECT_EQ(left(), 8u);
  Detection d = scored(1);
  d.flow.last = kStart + days(4);
  write({d});
  EXPECT_EQ(number(store().drop_throughput(days(1), 100)), 2u);
  EXPECT_EQ(left(), 6u);
  EXPECT_EQ(number(store().drop_throughput(std::nullopt, 100)), 0u);
}

TEST_P(DetectionStoreContract, a_flow_that_comes_after_its_group_was_dropped_makes_a_new_incident) {
  write({scored(0)});
  ASSERT_EQ(number(store().drop_detections(kWall + hours(1), 10)), 1u);
  Detection later = scored(1);
  later.flow.started = later.flow.last = kStart + days(60);
  write({later});
  ASSERT_EQ(number(store().drop_incidents(kWall, 100)), 0u);  // what grouping remembers of the first is gone
  later = scored(2);
  later.flow.started = later.flow.last = kStart + days(60) + seconds(5);
  write({later});
  EXPECT_THAT(store().find_incidents({})->incidents, SizeIs(2));
  EXPECT_EQ(store().find_incidents({})->incidents.front().flows, 2u);
}

TEST_P(DetectionStoreContract, retention_by_age_follows_the_clock_that_it_is_given) {
  for (std::uint64_t n = 0; n < 300; ++n) write({scored(n)});
  const base::Timestamp now = kWall + hours(400);
  const auto until = [&](Retention& retention, std::uint64_t dropped) {
    for (int i = 0; i < 3000 && retention.report().dropped_by_age < dropped; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(retention.report().dropped_by_age, dropped);
    EXPECT_EQ(retention.report().problem, std::nullopt);
  };
  Retention retention(store(), {.age = hours(200)}, {}, [now] { return now; });
  until(retention, 200);
  retention.set_limits({.age = hours(150)});
  until(retention, 250);
  retention.stop();
  EXPECT_EQ(store().counts()->total, 50u);
  EXPECT_EQ(store().extent()->oldest, now - hours(150));
}

TEST_P(DetectionStoreContract, retention_by_size_drops_the_oldest_until_it_fits_and_no_more) {
  std::vector<Detection> batch;
  for (std::uint64_t n = 0; n < 3000; ++n) {
    batch.push_back(scored(n));
    batch.back().features.assign(250, static_cast<float>(n));
  }
  write(batch);
  const std::uint64_t limit = store().extent()->used_bytes / 2;
  Retention retention(store(), {.bytes = limit}, {.between_rounds = std::chrono::milliseconds(20)});
  for (int i = 0; i < 1000 && retention.report().dropped_by_size == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::this_thread::sleep_for(std::chrono::seconds(2));  // some more rounds: they must find nothing to do
  retention.stop();
  const auto extent = store().extent();
  EXPECT_LE(extent->used_bytes, limit);
  EXPECT_GE(extent->used_bytes, limit * 85 / 100);
  const auto left = find_all({});
  EXPECT_EQ(left.size(), 3000 - retention.report().dropped_by_size);
  for (const Detection& d : left) EXPECT_GE(d.scored_at, *extent->oldest);
  EXPECT_EQ(extent->oldest, kWall + hours(3000 - left.size()));
}

TEST_P(DetectionStoreContract, vacuum_keeps_everything) {
  for (std::uint64_t n = 0; n < 20; ++n) write({scored(n)});
  ASSERT_EQ(number(store().drop_detections(kWall + hours(10), 100)), 10u);
  const auto done = store().vacuum();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(uids(find_all({})), uids_of({10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
  write({scored(20)});
  EXPECT_EQ(store().extent()->oldest, kWall + hours(10));
}

}  // namespace weir::store::test
