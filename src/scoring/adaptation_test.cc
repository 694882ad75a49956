// SPDX-License-Identifier: Apache-2.0
#include "scoring/adaptation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace weir::scoring {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const base::Timestamp kStart = base::from_us(1'700'000'040'000'000);

// Scores are negative log odds of an attack: the median row is at -6, the threshold at 2, the floor at 0. A step is 0.12, the furthest 0.6.
const AdaptationBase kOffice{
    .model = "default@3", .higher_is_worse = false, .threshold = -2, .floor = 0, .median = 6, .spots = nullptr};

struct Seen {
  std::uint32_t host = 0;
  double odds = 0;
  std::uint16_t port = 443;
  bool hidden = false;
};

flow::FlowIdentity flow_of(const Seen& seen) {
  flow::FlowIdentity flow;
  flow.src_ip = base::IpAddress::v4(0xC6120000 + seen.host);
  flow.dst_ip = base::IpAddress::v4(0xC6130001);
  flow.protocol = 6;
  flow.dst_port = seen.port;
  return flow;
}

// A sensor whose threshold follows: rows are judged by it, minute by minute.
class Sensor {
 public:
  using Traffic = std::function<std::vector<Seen>(double day)>;

  explicit Sensor(AdaptationBase base = kOffice, AdaptationRules rules = {})
      : base_(base), adaptation_(std::move(base), rules) {}

  Sensor& watch(base::Duration time, const Traffic& traffic) {
    for (const base::Timestamp end = at_ + time; at_ < end;) {
      at_ += 1min;
      if (const auto step = adaptation_.advance(at_)) {
        adaptation_.accept(*step);
        steps.push_back(*step);
      }
      std::vector<Seen> rows = traffic(std::chrono::duration<double>(at_ - kStart).count() / 86400);
      if (backwards) std::reverse(rows.begin(), rows.end());
      for (const Seen& seen : rows) see(seen);
    }
    return *this;
  }
  bool see(const Seen& seen) {
    Verdict verdict;
    verdict.score = static_cast<float>(base_.higher_is_worse ? seen.odds : -seen.odds);
    const float threshold = adaptation_.threshold();
    const bool worse = base_.higher_is_worse ? verdict.score >= threshold : verdict.score <= threshold;
    verdict.status = worse ? Status::anomaly : Status::normal;
    adaptation_.see(flow_of(seen), verdict, seen.hidden);
    alerts += worse && !seen.hidden;
    return worse;
  }
  double odds_needed() const { return base_.higher_is_worse ? adaptation_.threshold() : -adaptation_.threshold(); }
  // What a restart does: all that is not saved is gone.
  void restart() {
    const std::string saved = adaptation_.save();
    adaptation_ = Adaptation(base_, {});
    const auto restored = adaptation_.restore(saved);
    ASSERT_TRUE(restored) << restored.error().message();
  }
  Adaptation& adaptation() { return adaptation_; }

  std::vector<AdaptationStep> steps;
  int alerts = 0;
  bool backwards = false;

 private:
  AdaptationBase base_;
  Adaptation adaptation_;
  base::Timestamp at_ = kStart;
};

// `hosts` with a row a minute each, whose odds are drawn evenly from below up to `top`: what normal traffic near a threshold is like.
Sensor::Traffic evenly(std::uint32_t hosts, std::function<double(double day)> top, unsigned seed = 5) {
  return [=, random = std::mt19937(seed)](double day) mutable {
    std::uniform_real_distribution<> odds(-8, top(day));
    std::vector<Seen> rows;
    for (std::uint32_t host = 1; host <= hosts; ++host) rows.push_back({host, odds(random)});
    return rows;
  };
}
Sensor::Traffic evenly(std::uint32_t hosts, double top) {
  return evenly(hosts, [top](double) { return top; });
}

// 40 hosts whose odds come nearer to the threshold by 0.01 a day.
Sensor::Traffic drifting() {
  return [random = std::mt19937(5)](double day) mutable {
    std::normal_distribution<> odds(-1.8 + 0.01 * day, 1);
    std::vector<Seen> rows;
    for (std::uint32_t host = 1; host <= 40; ++host) rows.push_back({host, odds(random)});
    return rows;
  };
}

Sensor::Traffic quiet() { return evenly(30, -3); }

Sensor::Traffic both(Sensor::Traffic one, Sensor::Traffic other) {
  return [one = std::move(one), other = std::move(other)](double day) {
    std::vector<Seen> rows = one(day);
    for (const Seen& seen : other(day)) rows.push_back(seen);
    return rows;
  };
}

TEST(Adaptation, where_it_is_quiet_the_threshold_gets_looser_by_a_step_a_day_and_no_further_than_it_may) {
  Sensor sensor;
  sensor.watch(24h, quiet());
  EXPECT_TRUE(sensor.steps.empty()) << "the day is not over";
  sensor.watch(1h, quiet());
  ASSERT_EQ(sensor.steps.size(), 1U);
  EXPECT_NEAR(sensor.odds_needed(), 2 - 0.12, 1e-5);
  EXPECT_GT(sensor.steps[0].rows, 40'000U);
  sensor.watch(24h * 9, quiet());
  EXPECT_NEAR(sensor.odds_needed(), 2 - 0.6, 1e-5);
  EXPECT_EQ(sensor.steps.size(), 5U);
  for (std::size_t i = 1; i < sensor.steps.size(); ++i) EXPECT_GE(sensor.steps[i].at - sensor.steps[i - 1].at, 24h);
  EXPECT_THAT(sensor.adaptation().report().last_outcome, HasSubstr("as far as it may go"));
}

TEST(Adaptation, it_is_never_looser_than_the_floor) {
  AdaptationBase near = kOffice;
  near.threshold = -0.2F;
  Sensor sensor(near);
  sensor.watch(24h * 8, quiet());
  EXPECT_NEAR(sensor.odds_needed(), 0, 1e-6);
}

TEST(Adaptation, normal_traffic_that_drifts_up_to_the_threshold_lifts_it_in_time_and_within_the_bounds) {
  // Of 57,600 rows a day some four lie beyond a threshold of 2 at first, and forty in the end.
  Sensor::Traffic traffic = drifting();
  Sensor sensor;
  int alerts_if_fixed = 0, alerts_before = 0;
  const auto counted = [&](double day) {
    std::vector<Seen> rows = traffic(day);
    alerts_if_fixed += static_cast<int>(std::ranges::count_if(rows, [](const Seen& s) { return s.odds >= 2; }));
    return rows;
  };
  for (int day = 1; day <= 60; ++day) {
    if (day == 41) {
      alerts_if_fixed = 0;
      alerts_before = sensor.alerts;
    }
    const double before = sensor.odds_needed();
    sensor.watch(24h, counted);
    EXPECT_LE(std::abs(sensor.odds_needed() - before), 0.12 + 1e-5) << day;
    EXPECT_LE(sensor.odds_needed(), 2.6 + 1e-5);
  }
  EXPECT_GT(sensor.odds_needed(), 2.2);
  EXPECT_GT(alerts_if_fixed, 500) << "of the last twenty days";
  EXPECT_LT(sensor.alerts - alerts_before, alerts_if_fixed / 2);
}

TEST(Adaptation, a_looser_threshold_that_raises_too_many_alerts_goes_back_to_where_it_was_set) {
  Sensor sensor;
  sensor.watch(24h * 3 + 1h, quiet());
  ASSERT_LT(sensor.odds_needed(), 1.7);
  sensor.watch(3h, both(quiet(), evenly(40, 1.8)));
  EXPECT_EQ(sensor.odds_needed(), 2);
  ASSERT_FALSE(sensor.steps.empty());
  EXPECT_TRUE(sensor.steps.back().back);
  EXPECT_THAT(to_sentence(sensor.steps.back(), kOffice), HasSubstr("back to where it was set"));
  const std::size_t steps = sensor.steps.size();
  sensor.watch(24h * 6, quiet());
  EXPECT_EQ(sensor.steps.size(), steps) << "no looser for a week" << to_sentence(sensor.steps.back(), kOffice);
  sensor.watch(24h * 4, quiet());
  EXPECT_GT(sensor.steps.size(), steps);
}

TEST(Adaptation, an_attack_that_grows_slowly_does_not_teach) {
  // Three hosts come nearer to the threshold by a hundredth an hour, and stay below it as long as that hides them.
  const auto patient = [](double day) {
    std::vector<Seen> rows;
    for (std::uint32_t host = 201; host <= 203; ++host) rows.push_back({host, -1 + 0.24 * day});
    return rows;
  };
  Sensor attacked, calm;
  double found_at = 0;
  calm.watch(24h * 14, quiet());
  for (int day = 1; day <= 14; ++day) {
    attacked.watch(24h, both(quiet(), patient));
    EXPECT_LE(attacked.odds_needed(), 2) << "never stricter than it was set, day " << day;
    if (attacked.alerts > 0 && found_at == 0) found_at = -1 + 0.24 * day;
  }
  EXPECT_GT(found_at, 0);
  EXPECT_LE(found_at, 2.24) << "it is found no later than without adaptation";
}

TEST(Adaptation, many_patient_hosts_gain_no_more_than_the_bounds) {
  const auto pushing = [](std::function<double()> threshold) {
    return [threshold](double) {
      std::vector<Seen> rows;
      for (std::uint32_t host = 201; host <= 240; ++host)
        rows.push_back({host, threshold() - 1e-4 - (host - 201) * 1e-4});
      return rows;
    };
  };
  Sensor sensor;
  sensor.watch(24h * 3, both(quiet(), pushing([&] { return sensor.odds_needed(); })));
  EXPECT_LE(sensor.odds_needed(), 2 + 3 * 0.12 + 1e-5);
  sensor.watch(24h * 27, both(quiet(), pushing([&] { return sensor.odds_needed(); })));
  EXPECT_NEAR(sensor.odds_needed(), 2.6, 1e-5);
  EXPECT_TRUE(sensor.see({77, 2.7})) << "a real attack is far beyond";
}

TEST(Adaptation, after_a_flagged_row_nothing_is_learnt_for_a_while_and_of_its_ends_for_hours) {
  Sensor sensor;
  sensor.watch(10h, quiet());
  const double before = sensor.adaptation().report().calm_hours;
  EXPECT_FALSE(sensor.adaptation().report().frozen);
  EXPECT_TRUE(sensor.see({99, 5}));
  sensor.watch(29min, quiet());
  EXPECT_TRUE(sensor.adaptation().report().frozen);
  EXPECT_NEAR(sensor.adaptation().report().calm_hours, before, 1e-9);
  sensor.watch(2h, quiet());
  EXPECT_FALSE(sensor.adaptation().report().frozen);
  EXPECT_NEAR(sensor.adaptation().report().calm_hours, before + 2, 0.05);

  const std::string host = base::IpAddress::v4(0xC6120000 + 99).to_string();
  const auto only_99 = [](double) { return std::vector<Seen>{{99, -1}}; };
  sensor.watch(3h, only_99);
  EXPECT_THAT(sensor.adaptation().save(), HasSubstr("\"host\":\"" + host + "\",\"is\":17")) << "distrusted";
  EXPECT_THAT(sensor.adaptation().save(), Not(HasSubstr("\"host\":\"" + host + "\",\"is\":1.0")));
  EXPECT_THAT(sensor.adaptation().save(), Not(HasSubstr("\"host\":\"" + host + "\",\"is\":[")));
  sensor.watch(3h, only_99);
  EXPECT_THAT(sensor.adaptation().save(), HasSubstr("\"host\":\"" + host + "\",\"is\":[")) << "trusted again";
  sensor.see({99, 5});
  EXPECT_THAT(sensor.adaptation().save(), Not(HasSubstr("\"host\":\"" + host + "\",\"is\":[")))
      << "what it had taught is forgotten";
}

TEST(Adaptation, alerts_all_day_keep_it_where_it_is) {
  const auto alerting = [](double day) {
    const auto minute = std::llround(day * 1440);
    return minute % 20 == 0 ? std::vector<Seen>{{99, 5}} : std::vector<Seen>{};
  };
  Sensor sensor;
  sensor.watch(24h * 5, both(quiet(), alerting));
  EXPECT_TRUE(sensor.steps.empty());
  EXPECT_EQ(sensor.odds_needed(), 2);
  EXPECT_THAT(to_sentence(sensor.adaptation().report()), HasSubstr("standing still"));
}

TEST(Adaptation, a_day_with_more_alerts_than_it_aims_at_makes_it_no_looser) {
  const auto at_night = [](double day) {
    const auto minute = std::llround(day * 1440);
    return minute % 1440 < 90 ? std::vector<Seen>{{99, 5}} : std::vector<Seen>{};
  };
  Sensor sensor;
  sensor.watch(24h * 3, both(quiet(), at_night));
  EXPECT_TRUE(sensor.steps.empty());
  EXPECT_THAT(sensor.adaptation().report().last_outcome, HasSubstr("had alerts enough"));
}

TEST(Adaptation, an_alert_that_is_hidden_teaches_nothing_and_stops_nobody) {
  const auto monitor = [](double) { return std::vector<Seen>{{99, 5, 443, true}}; };
  Sensor sensor;
  sensor.watch(25h, both(quiet(), monitor));
  EXPECT_EQ(sensor.steps.size(), 1U);
  EXPECT_FALSE(sensor.adaptation().report().frozen);
}

TEST(Adaptation, what_lies_in_a_blind_spot_is_not_learnt_from) {
  const std::vector<BlindSpot> spots = {{.service = Service{6, 8443}, .threshold = -9}};
  AdaptationBase base = kOffice;
  base.spots = &spots;
  const auto backup = [](double) {
    std::vector<Seen> rows;
    for (std::uint32_t host = 1; host <= 30; ++host) rows.push_back({host, 1.95, 8443});
    return rows;
  };
  Sensor with(base), without;
  with.watch(24h + 1min, both(quiet(), backup));  // the test's sensor has no blind spots: a looser one flags the backup
  without.watch(24h + 1min, quiet());
  EXPECT_EQ(with.odds_needed(), without.odds_needed());
  Sensor learning;
  learning.watch(24h + 1min, both(quiet(), backup));
  EXPECT_GT(learning.odds_needed(), without.odds_needed()) << "else it would have mattered";
}

TEST(Adaptation, rows_that_all_score_the_same_are_a_quiet_day_too) {
  Sensor sensor;
  sensor.watch(24h + 1min, [](double) {
    std::vector<Seen> rows;
    for (std::uint32_t host = 1; host <= 30; ++host) rows.push_back({host, -3});
    return rows;
  });
  EXPECT_EQ(sensor.steps.size(), 1U);
}

TEST(Adaptation, few_sources_or_rows_say_too_little) {
  Sensor few;
  few.watch(26h, evenly(9, -3));
  EXPECT_TRUE(few.steps.empty());
  EXPECT_THAT(few.adaptation().report().last_outcome, HasSubstr("say too little"));
}

TEST(Adaptation, a_gap_in_what_was_watched_is_no_calm) {
  Adaptation adaptation(kOffice, {});
  adaptation.advance(kStart);
  adaptation.advance(kStart + 5h);
  EXPECT_EQ(adaptation.report().calm_hours, 0);
  adaptation.advance(kStart + 5h + 1min);
  EXPECT_GT(adaptation.report().calm_hours, 0);
}

TEST(Adaptation, the_order_of_rows_within_a_slice_does_not_matter) {
  Sensor one, other;
  other.backwards = true;
  one.watch(24h * 8, drifting());
  other.watch(24h * 8, drifting());
  EXPECT_EQ(one.adaptation().save(), other.adaptation().save());
  EXPECT_FALSE(one.steps.empty());
}

TEST(Adaptation, where_higher_is_worse_the_same_holds_the_other_way_round) {
  Sensor lower, higher({.model = "default@3", .higher_is_worse = true, .threshold = 2, .floor = 0, .median = -6});
  lower.watch(24h * 4, quiet());
  higher.watch(24h * 4, quiet());
  EXPECT_EQ(lower.odds_needed(), higher.odds_needed());
  EXPECT_LT(lower.odds_needed(), 2);
}

TEST(Adaptation, a_restart_goes_on) {
  Sensor straight, restarted;
  straight.watch(24h * 4 + 3h, quiet());
  const Sensor::Traffic traffic = quiet();
  for (int i = 0; i < 99; ++i) {
    restarted.watch(1h, traffic);
    restarted.restart();
  }
  ASSERT_FALSE(restarted.steps.empty());
  EXPECT_EQ(restarted.steps.size(), 4U);
  EXPECT_EQ(restarted.odds_needed(), straight.odds_needed());
  EXPECT_EQ(restarted.adaptation().report().changes, restarted.steps.size());
  EXPECT_EQ(restarted.adaptation().report().changed, restarted.steps.back().at);
}

TEST(Adaptation, a_restart_does_not_trust_again_who_was_flagged) {
  Sensor sensor;
  sensor.watch(2h, quiet());
  sensor.see({5, 4});
  sensor.restart();
  sensor.watch(1min, quiet());
  EXPECT_TRUE(sensor.adaptation().report().frozen);
}

TEST(Adaptation, what_was_saved_of_another_model_or_calibration_or_beyond_the_bounds_is_refused) {
  Sensor sensor;
  sensor.watch(25h, quiet());
  const std::string saved = sensor.adaptation().save();
  const auto refusal = [&](const AdaptationBase& base, const std::string& json) {
    Adaptation fresh(base, {});
    const auto restored = fresh.restore(json);
    EXPECT_EQ(fresh.threshold(), base.threshold);
    return restored ? std::string() : restored.error().message();
  };
  EXPECT_EQ(refusal(kOffice, "{}"), "\"format\" is missing");
  EXPECT_THAT(refusal(kOffice, "nonsense"), HasSubstr("JSON"));
  AdaptationBase other = kOffice;
  other.model = "default@4";
  EXPECT_THAT(refusal(other, saved), HasSubstr("it belongs to default@3"));
  other = kOffice;
  other.threshold = -2.5F;
  EXPECT_THAT(refusal(other, saved), HasSubstr("another calibration"));
  std::string far = saved;
  const std::size_t at = far.rfind("\"threshold\":-1.8");
  ASSERT_NE(at, std::string::npos);
  far.replace(at, 14, "\"threshold\":-9");
  EXPECT_THAT(refusal(kOffice, far), HasSubstr("beyond the bounds"));
  std::string later = saved;
  later.replace(later.find("\"format\":1"), 10, "\"format\":2");
  EXPECT_THAT(refusal(kOffice, later), HasSubstr("another version of weir"));
}

TEST(Adaptation, its_name_says_which_threshold_judges) {
  Sensor shipped;
  EXPECT_EQ(shipped.adaptation().version(), "default@3");
  shipped.watch(25h, quiet());
  const std::string first = shipped.adaptation().version();
  EXPECT_THAT(first, StartsWith("default@3+adapted."));
  shipped.watch(24h, quiet());
  EXPECT_NE(shipped.adaptation().version(), first);
  AdaptationBase own = kOffice;
  own.model = "default@3+a1b2c3";
  Sensor calibrated(own);
  calibrated.watch(25h, quiet());
  EXPECT_THAT(calibrated.adaptation().version(), testing::MatchesRegex("default@3[+]a1b2c3[.][0-9a-f]+"));
}

TEST(Adaptation, a_flood_of_sources_stays_within_its_memory) {
  Sensor sensor;
  sensor.watch(61min, [](double day) {
    std::vector<Seen> rows;
    const auto minute = static_cast<std::uint32_t>(std::llround(day * 1440));
    for (std::uint32_t n = 0; n < 20'000; ++n) rows.push_back({1000 + minute * 20'000 + n, -3});
    return rows;
  });
  EXPECT_LT(sensor.adaptation().save().size(), 2'000'000U);
  sensor.watch(4min, [](double day) {
    std::vector<Seen> rows;
    const auto minute = static_cast<std::uint32_t>(std::llround(day * 1440));
    for (std::uint32_t n = 0; n < 20'000; ++n) rows.push_back({1000 + minute * 20'000 + n, 5});
    return rows;
  });
  sensor.watch(2h, quiet());
  EXPECT_TRUE(sensor.adaptation().report().frozen) << "beyond what it can remember nobody is trusted";
  sensor.watch(5h, quiet());
  EXPECT_FALSE(sensor.adaptation().report().frozen);
}

}  // namespace
}  // namespace weir::scoring
