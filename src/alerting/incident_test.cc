// SPDX-License-Identifier: Apache-2.0
// What an incident sums: the parts that are no more than numbers, sets and a picture of time.
#include "alerting/incident.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace weir::alerting {
namespace {

base::IpAddress host(std::uint32_t number) { return base::IpAddress::v4(0x0A000000u + number); }

TEST(AddressSet, up_to_256_are_counted_exactly_and_more_are_estimated) {
  AddressSet set;
  for (std::uint32_t i = 0; i < 256; ++i) set.add(host(i));
  for (std::uint32_t i = 0; i < 256; ++i) set.add(host(i));
  EXPECT_EQ(set.count(), 256u);
  EXPECT_FALSE(set.is_estimate());
  for (std::uint32_t i = 0; i < 100'000; ++i) set.add(host(i));
  EXPECT_TRUE(set.is_estimate());
  EXPECT_NEAR(static_cast<double>(set.count()), 100'000, 20'000);
}

TEST(AddressSet, two_halves_merge_into_what_the_whole_gives) {
  std::mt19937 random(3);
  for (const std::uint32_t size : {10u, 300u, 5000u}) {
    AddressSet whole, left, right;
    for (std::uint32_t i = 0; i < size; ++i) {
      const base::IpAddress address = host(static_cast<std::uint32_t>(random()) % size);
      whole.add(address);
      (i % 2 == 0 ? left : right).add(address);
    }
    right.merge(left);
    EXPECT_EQ(right, whole) << size;
    EXPECT_EQ(AddressSet::restored(whole.members(), whole.is_estimate()), whole);
  }
}

TEST(PortSet, neighbours_become_a_range_in_any_order) {
  std::vector<std::uint16_t> ports = {80, 22, 23, 21, 65535, 65534, 0, 443, 24, 80};
  std::sort(ports.begin(), ports.end());
  do {
    PortSet set;
    for (const std::uint16_t port : ports) set.add(port);
    ASSERT_EQ(set.to_string(), "0,21-24,80,443,65534-65535");
    ASSERT_EQ(set.count(), 9u);
  } while (std::next_permutation(ports.begin(), ports.begin() + 6));
}

TEST(PortSet, text_reads_back_and_what_is_no_list_of_ports_does_not) {
  for (const char* text : {"", "22", "1-1024,8080"}) EXPECT_EQ(PortSet::parse(text).value().to_string(), text);
  EXPECT_EQ(PortSet::parse(" 443, 80 ").value().to_string(), "80,443");
  for (const char* text : {",", "22,", "a", "22-", "-22", "9-8", "65536", "1--2", "22 23"}) {
    EXPECT_FALSE(PortSet::parse(text)) << text;
  }
}

TEST(Timeline, steps_widen_until_the_whole_fits_whatever_came_first) {
  std::vector<base::Timestamp> times;
  for (std::int64_t s = -50; s < 4000; s += 7) times.push_back(base::from_us(s * 1'000'000));
  Timeline forth, back, left, right;
  for (const base::Timestamp at : times) forth.add(at);
  for (auto at = times.rbegin(); at != times.rend(); ++at) back.add(*at);
  for (std::size_t i = 0; i < times.size(); ++i) (i < 30 ? left : right).add(times[i]);
  left.merge(right);
  EXPECT_EQ(forth, back);
  EXPECT_EQ(forth, left);
  EXPECT_EQ(forth.width_s(), 80);
  EXPECT_LE(forth.steps().size(), 60u);
  std::int64_t sum = 0;
  for (const auto& [step, flows] : forth.steps()) sum += flows;
  EXPECT_EQ(sum, std::ssize(times));
}

TEST(Timeline, what_was_added_can_be_taken_out) {
  Timeline timeline, expected;
  for (std::int64_t s = 0; s < 1000; s += 10) timeline.add(base::from_us(s * 1'000'000));
  expected = timeline;
  timeline.add(base::from_us(55'000'000));
  timeline.remove(base::from_us(55'000'000));
  EXPECT_EQ(timeline, expected);
}

TEST(IncidentState, every_name_reads_back) {
  for (auto state : {IncidentState::dismissed, IncidentState::closed, IncidentState::open, IncidentState::confirmed}) {
    EXPECT_EQ(parse_incident_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_incident_state("solved"), std::nullopt);
}

}  // namespace
}  // namespace weir::alerting
