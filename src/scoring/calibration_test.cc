// SPDX-License-Identifier: Apache-2.0
#include "scoring/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace weir::scoring {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const base::Timestamp kStart = base::from_us(1'700'000'040'000'000);
constexpr ScoreScale kLogOdds{.higher_is_worse = false, .floor = 0, .shipped_threshold = -2};

constexpr Service kWeb{6, 443}, kNames{17, 53};

base::IpAddress host(std::uint32_t number) { return base::IpAddress::v4(0xC6120000 + number); }

// Traffic whose log odds of an attack are drawn at will; scores are their negatives.
class Traffic {
 public:
  // `rows` rows of a host, spread over from..until.
  Traffic& add(std::uint32_t who, int rows, double mean, double deviation, base::Duration from = 0s,
               base::Duration until = 10min, Service service = kWeb) {
    std::normal_distribution<> odds(mean, deviation);
    for (int i = 0; i < rows; ++i) {
      const base::Duration at = from + (until - from) * i / rows;
      samples_.push_back({host(who), service, kStart + at, static_cast<float>(-odds(random_))});
    }
    return *this;
  }
  Traffic& add_office() {
    for (std::uint32_t who = 1; who <= 20; ++who) add(who, 200, -6, 1);
    return *this;
  }
  const std::vector<CalibrationSample>& samples() const { return samples_; }

  // How many (source, minute) pairs of this traffic a calibration flags.
  std::size_t alerts(const Calibration& c) const {
    std::vector<std::pair<base::IpAddress, std::int64_t>> pairs;
    for (const auto& s : samples_) {
      const BlindSpot* own = c.find(s.source, s.service);
      if (s.score <= (own ? own->threshold : c.threshold)) pairs.emplace_back(s.source, base::to_us(s.at) / 60'000'000);
    }
    std::sort(pairs.begin(), pairs.end());
    return static_cast<std::size_t>(std::unique(pairs.begin(), pairs.end()) - pairs.begin());
  }

 private:
  std::mt19937 random_{11};
  std::vector<CalibrationSample> samples_;
};

Calibration calibrated(const Traffic& traffic, CalibrationOptions options = {}, ScoreScale scale = kLogOdds) {
  auto calibration = calibrate(traffic.samples(), scale, options);
  EXPECT_TRUE(calibration) << calibration.error().message();
  return *calibration;
}

TEST(Calibration, on_a_quiet_network_the_threshold_is_the_floor_and_never_looser) {
  const Calibration c = calibrated(Traffic().add_office());
  EXPECT_EQ(c.threshold, 0);
  EXPECT_EQ(c.shipped_threshold, -2);
  EXPECT_TRUE(c.spots.empty());
  EXPECT_TRUE(c.not_learnt.empty());
  EXPECT_EQ(c.expected_per_day, 0);
  EXPECT_GT(c.high_per_day, 0) << "nothing in ten minutes does not mean nothing in a day";
  EXPECT_EQ(c.rows, 4000U);
  EXPECT_EQ(c.sources, 20U);
}

TEST(Calibration, where_normal_rows_reach_the_floor_the_threshold_gives_about_the_alerts_asked_for) {
  const auto day = [](std::uint32_t first) {
    Traffic traffic;
    for (std::uint32_t who = first; who < first + 40; ++who) traffic.add(who, 2000, -4, 1.4, 0s, 24h);
    return traffic;
  };
  for (const double asked : {10.0, 40.0, 200.0}) {
    const Calibration c = calibrated(day(1), {.alerts_per_day = asked, .max_spots = 0});
    const auto flagged = static_cast<double>(day(101).alerts(c));
    EXPECT_GE(flagged, asked / 3) << asked;
    EXPECT_LE(flagged, asked * 2) << asked;
    EXPECT_LE(c.low_per_day, flagged);
    EXPECT_GE(c.high_per_day, flagged / 2);
  }
}

TEST(Calibration, ten_minutes_speak_of_a_day_by_the_tail_of_their_scores) {
  Traffic minutes, day;
  for (std::uint32_t who = 1; who <= 40; ++who) {
    minutes.add(who, 100, -4, 1.4);
    day.add(who, 14'400, -4, 1.4, 0s, 24h);
  }
  const Calibration c = calibrated(minutes, {.alerts_per_day = 48, .max_spots = 0});
  EXPECT_LT(c.threshold, 0) << "stricter than the floor";
  EXPECT_LE(day.alerts(c), 48U * 3);
  EXPECT_GE(-c.threshold, 0.5);
  EXPECT_LE(-c.threshold, 6) << "and yet not out of reach";
}

TEST(Calibration, a_host_whose_normal_looks_like_an_attack_gets_its_own_threshold_and_spoils_nobody_elses) {
  Traffic traffic;
  traffic.add_office().add(99, 300, 1, 1);
  const Calibration c = calibrated(traffic);
  EXPECT_EQ(c.threshold, 0);
  ASSERT_EQ(c.spots.size(), 1U);
  EXPECT_EQ(c.spots[0].host, host(99));
  EXPECT_LT(c.spots[0].threshold, -2);
  EXPECT_GT(c.spots[0].flagged, 200U);
  EXPECT_EQ(traffic.alerts(c), 0U);
  EXPECT_THAT(to_text(c), HasSubstr("Blind spots"));
  EXPECT_THAT(to_text(c), HasSubstr("198.18.0.99"));
}

TEST(Calibration, an_attack_within_the_traffic_is_not_learnt_from_and_is_told) {
  const Calibration clean = calibrated(Traffic().add_office());
  Traffic traffic;
  traffic.add_office().add(5, 400, 7, 1, 120s, 160s).add(77, 200, 6, 1, 300s, 330s);
  const Calibration c = calibrated(traffic);
  EXPECT_EQ(c.threshold, clean.threshold);
  EXPECT_TRUE(c.spots.empty());
  ASSERT_EQ(c.not_learnt.size(), 2U);
  EXPECT_EQ(c.not_learnt[0].host, host(5)) << "also when the attacker is a host that does other things as well";
  EXPECT_EQ(c.not_learnt[0].flagged, 400U);
  EXPECT_GE(c.not_learnt[0].from, kStart + 120s);
  EXPECT_LE(c.not_learnt[0].until, kStart + 160s);
  EXPECT_EQ(c.expected_per_day, 0) << "what is told apart is not expected again";
  EXPECT_THAT(to_text(c), HasSubstr("Not learnt from"));
  EXPECT_GT(traffic.alerts(c), 1U) << "it raises alerts";

  const Calibration trusting = calibrated(traffic, {.learn_all = true});
  EXPECT_TRUE(trusting.not_learnt.empty());
  EXPECT_EQ(trusting.spots.size(), 2U);
}

TEST(Calibration, an_attack_of_a_third_of_the_time_and_half_as_far_beyond_the_floor_is_not_learnt_from) {
  const auto told = [](double mean, base::Duration until) {
    Traffic traffic;
    return calibrated(traffic.add_office().add(77, 200, mean, 0.5, 60s, until)).not_learnt.size();
  };
  EXPECT_EQ(told(4.5, 240s), 1U);
  EXPECT_EQ(told(1.5, 240s), 0U) << "too weak to be told from an odd host";
  EXPECT_EQ(told(4.5, 360s), 0U) << "too long";
}

TEST(Calibration, what_many_hosts_do_now_and_then_is_this_networks_way) {
  Traffic traffic;
  traffic.add_office();
  for (std::uint32_t who = 50; who < 60; ++who) traffic.add(who, 40, 5, 0.5, who * 5s, who * 5s + 20s);
  const Calibration c = calibrated(traffic, {.max_spots = 4});
  EXPECT_TRUE(c.not_learnt.empty());
  EXPECT_LE(c.spots.size(), 4U);
  EXPECT_LT(c.threshold, -4) << "the noisy ones beyond the cap count for all";
  EXPECT_THAT(c.warnings, testing::Contains(HasSubstr("6 more sources or services")));
  EXPECT_EQ(calibrated(traffic).spots.size(), 10U) << "where there is room each gets its own";
  EXPECT_EQ(calibrated(traffic).threshold, kLogOdds.shipped_threshold) << "one half does not foretell the other";
}

TEST(Calibration, a_host_that_looks_odd_at_one_service_is_watched_at_all_others) {
  Traffic traffic;
  traffic.add_office().add(99, 300, 1, 1, 0s, 10min, kNames).add(99, 300, -6, 1);
  const Calibration c = calibrated(traffic);
  ASSERT_EQ(c.spots.size(), 1U);
  EXPECT_EQ(c.spots[0].host, host(99));
  EXPECT_EQ(c.spots[0].service, kNames);
  EXPECT_NE(c.find(host(99), kNames), nullptr);
  EXPECT_EQ(c.find(host(99), kWeb), nullptr);
  EXPECT_THAT(to_text(c), HasSubstr("198.18.0.99 to 53/udp"));
}

TEST(Calibration, a_service_that_looks_odd_whoever_asks_is_one_blind_spot_and_the_others_are_watched) {
  Traffic traffic;
  traffic.add_office();
  for (std::uint32_t who = 1; who <= 20; ++who) traffic.add(who, 30, 1, 1, 0s, 10min, kNames);
  const Calibration c = calibrated(traffic);
  ASSERT_EQ(c.spots.size(), 1U);
  EXPECT_FALSE(c.spots[0].host);
  EXPECT_EQ(c.spots[0].service, kNames);
  EXPECT_EQ(c.threshold, 0);
  EXPECT_EQ(traffic.alerts(c), 0U);
  EXPECT_THAT(to_text(c), HasSubstr("anyone to 53/udp"));
}

TEST(Calibration, a_monitor_that_asks_each_port_once_is_one_blind_spot) {
  Traffic traffic;
  traffic.add_office();
  for (std::uint16_t port = 1; port <= 200; ++port) traffic.add(99, 1, 1.5, 0.2, port * 3s, 10min, Service{6, port});
  const Calibration c = calibrated(traffic);
  ASSERT_EQ(c.spots.size(), 1U);
  EXPECT_EQ(c.spots[0].host, host(99));
  EXPECT_FALSE(c.spots[0].service);
  EXPECT_EQ(c.threshold, 0);
}

TEST(Calibration, services_have_names_that_read_back) {
  for (const Service service : {kWeb, kNames, Service{1, 0}, Service{58, 0}, Service{47, 0}, Service{132, 2905}}) {
    EXPECT_EQ(Service::parse(service.to_string()), service) << service.to_string();
  }
  EXPECT_EQ(kWeb.to_string(), "443/tcp");
  EXPECT_EQ(Service::of(17, 51'413), (Service{17, 0})) << "ports given by chance are one service";
  for (const char* wrong : {"", "443", "443/", "/tcp", "0/tcp", "70000/tcp", "443/ tcp", "-1/tcp", "443/tcpx"}) {
    EXPECT_FALSE(Service::parse(wrong)) << wrong;
  }
}

TEST(Calibration, the_order_of_rows_does_not_matter) {
  Traffic traffic;
  traffic.add_office().add(99, 300, 1, 1).add(7, 100, 6, 1, 100s, 130s);
  std::vector<CalibrationSample> shuffled = traffic.samples();
  std::mt19937 random(1);
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  const auto a = calibrate(traffic.samples(), kLogOdds, {});
  const auto b = calibrate(shuffled, kLogOdds, {});
  EXPECT_EQ(to_text(*a), to_text(*b));
}

TEST(Calibration, where_higher_is_worse_the_same_holds_the_other_way_round) {
  Traffic traffic;
  traffic.add_office().add(99, 300, 1, 1);
  std::vector<CalibrationSample> turned = traffic.samples();
  for (CalibrationSample& sample : turned) sample.score = -sample.score;
  const auto lower = calibrate(traffic.samples(), kLogOdds, {});
  const auto higher = calibrate(turned, {.higher_is_worse = true, .floor = 0, .shipped_threshold = 2}, {});
  EXPECT_EQ(higher->threshold, -lower->threshold);
  ASSERT_EQ(higher->spots.size(), 1U);
  EXPECT_EQ(higher->spots[0].threshold, -lower->spots[0].threshold);
}

TEST(Calibration, too_little_traffic_is_refused_or_warned_about) {
  EXPECT_FALSE(calibrate({}, kLogOdds, {}));
  const auto seconds = calibrate(Traffic().add(1, 50, -6, 1, 0s, 10s).samples(), kLogOdds, {});
  ASSERT_FALSE(seconds);
  EXPECT_THAT(seconds.error().message(), HasSubstr("too little"));
  const Calibration minute = calibrated(Traffic().add(1, 50, -6, 1, 0s, 90s));
  EXPECT_EQ(minute.warnings.size(), 4U) << "time, rows, hosts, and what comes of it";
}

TEST(Calibration, what_says_too_little_does_not_loosen_the_shipped_threshold) {
  Traffic few_hosts, few_rows, office;
  for (std::uint32_t who = 1; who <= 5; ++who) few_hosts.add(who, 400, -6, 1);
  for (std::uint32_t who = 1; who <= 20; ++who) few_rows.add(who, 20, -6, 1);
  EXPECT_EQ(calibrated(few_hosts).threshold, kLogOdds.shipped_threshold);
  EXPECT_EQ(calibrated(few_rows).threshold, kLogOdds.shipped_threshold);
  EXPECT_THAT(calibrated(few_rows).warnings, testing::Contains(HasSubstr("no looser than the shipped one: 400 rows")));
  EXPECT_EQ(calibrated(office.add_office()).threshold, 0) << "what says enough does";
}

TEST(Calibration, halves_of_unlike_hosts_do_not_loosen_the_shipped_threshold) {
  // As captures of many places one after the other: what one half holds says nothing of the other.
  Traffic traffic;
  for (std::uint32_t who = 1; who <= 60; ++who) {
    const base::Duration from = who * 10s - 10s;
    traffic.add(who, 60, -6, 1, from, from + 10s);
    if (who % 6 == 0) traffic.add(who, 4, 1.2, 0.2, from, from + 10s);
  }
  const Calibration c = calibrated(traffic);
  EXPECT_EQ(c.threshold, kLogOdds.shipped_threshold);
  EXPECT_THAT(c.warnings, testing::Contains(HasSubstr("does not foretell the other")));
  EXPECT_LE(c.expected_per_day, 48) << "what is expected is of the threshold that is used";
}

TEST(Calibration, the_interval_of_a_count_is_poissons) {
  const auto [none_low, none_high] = poisson_interval(0);
  EXPECT_EQ(none_low, 0);
  EXPECT_NEAR(none_high, 3.0, 0.1);
  const auto [low, high] = poisson_interval(10);
  EXPECT_NEAR(low, 5.43, 0.06);
  EXPECT_NEAR(high, 16.96, 0.06);
}

}  // namespace
}  // namespace weir::scoring
