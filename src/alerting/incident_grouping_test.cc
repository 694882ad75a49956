// SPDX-License-Identifier: Apache-2.0
#include "alerting/incident_grouping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "alerting/memory_incident_space.h"

namespace weir::alerting {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::SizeIs;

constexpr base::Timestamp kStart = base::from_us(1'769'847'330'000'000);

base::IpAddress host(std::uint32_t number) { return base::IpAddress::v4(0xC6120000u + number); }

flow::FlowUid uid_of(std::uint64_t number) {
  flow::FlowUid uid;
  for (std::size_t i = 0; i < 8; ++i) uid.bytes[15 - i] = static_cast<std::byte>(number >> (8 * i));
  for (std::size_t i = 0; i < 8; ++i) uid.bytes[i] = static_cast<std::byte>(number * 0x9E3779B97F4A7C15 >> (8 * i));
  return uid;
}

std::uint64_t number_of(const flow::FlowUid& uid) {
  std::uint64_t number = 0;
  for (std::size_t i = 8; i < 16; ++i) number = number << 8 | static_cast<std::uint64_t>(uid.bytes[i]);
  return number;
}

using Partition = std::set<std::set<std::uint64_t>>;

Detection attack(std::uint64_t number, std::uint32_t from, std::uint32_t to, base::Duration at,
                 std::string type = "scan") {
  Detection d;
  d.flow.uid = uid_of(number);
  d.flow.src_ip = host(from);
  d.flow.dst_ip = host(to);
  d.flow.dst_port = static_cast<std::uint16_t>(number);
  d.flow.protocol = 6;
  d.flow.started = kStart + at;
  d.flow.last = d.flow.started + seconds(1);
  d.flow.packets = 2 + number % 5;
  d.flow.bytes = 100 * d.flow.packets;
  d.alerted_at = d.flow.last + seconds(3);
  d.verdict.status = scoring::Status::anomaly;
  d.verdict.margin = static_cast<float>(number % 7) * 0.1f;
  d.verdict.attack_type = std::move(type);
  d.severity = Severity::medium;
  d.technique = d.verdict.attack_type == "flood" ? "T1498" : "T1046";
  return d;
}

// A store without a database: merges what is written, groups it, and remembers.
class Store {
 public:
  explicit Store(GroupingRules rules = {}) : rules_(rules) {}

  std::vector<Incident> write(const std::vector<Detection>& batch) {
    std::map<flow::FlowUid, Detection> now, before;
    for (const Detection& d : batch) {
      const auto known = flows_.find(d.flow.uid);
      if (known != flows_.end()) before.try_emplace(d.flow.uid, known->second);
      const auto [merged, is_new] = now.try_emplace(d.flow.uid, known != flows_.end() ? known->second : d);
      merge(merged->second, d);
    }
    std::vector<FlowChange> changes;
    for (auto& [uid, d] : now) {
      const auto old = before.find(uid);
      changes.push_back({old == before.end() ? nullptr : &old->second, &d});
    }
    auto touched = group(changes, space, rules_, wall());
    for (auto& [uid, d] : now) flows_[uid] = d;
    return touched;
  }

  void tidy() {
    for (std::vector<std::string> stale = stale_ids(); !stale.empty(); stale = stale_ids()) {
      std::vector<Detection> flows;
      for (const auto& [uid, d] : flows_) {
        if (space.resolved(d.incident_id) == stale.front()) flows.push_back(d);
      }
      regroup(stale.front(), flows, space, rules_, wall());
      for (const Detection& d : flows) flows_[d.flow.uid] = d;
    }
  }

  std::string incident_of(std::uint64_t number) const { return space.resolved(flows_.at(uid_of(number)).incident_id); }

  // Who belongs together, without the names.
  Partition partition() const {
    std::map<std::string, std::set<std::uint64_t>> sets;
    for (const auto& [uid, d] : flows_) {
      if (!d.incident_id.empty()) sets[space.resolved(d.incident_id)].insert(number_of(uid));
    }
    Partition all;
    for (const auto& [id, uids] : sets) all.insert(uids);
    return all;
  }

  // What is said of each set of flows.
  std::map<flow::FlowUid, Incident> facts() const {
    std::map<flow::FlowUid, Incident> all;
    for (const auto& [uid, d] : flows_) {
      if (d.incident_id.empty()) continue;
      Incident incident = space.incidents.at(space.resolved(d.incident_id));
      incident.id.clear();
      incident.updated_at = {};
      all[uid] = incident;
    }
    return all;
  }

  const std::map<flow::FlowUid, Detection>& flows() const { return flows_; }
  MemoryIncidentSpace space;

 private:
  std::vector<std::string> stale_ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, incident] : space.incidents) {
      if (incident.stale) ids.push_back(id);
    }
    return ids;
  }

  base::Timestamp wall() { return wall_ += seconds(1); }

  const GroupingRules rules_;
  base::Timestamp wall_ = kStart;
  std::map<flow::FlowUid, Detection> flows_;
};

// The meaning of the grouping, written a second time and plainly: links between all pairs, closed under "through others".
Partition plain_partition(const std::map<flow::FlowUid, Detection>& flows, const GroupingRules& rules) {
  std::vector<const Detection*> members;
  for (const auto& [uid, d] : flows) {
    if (belongs_to_incident(d)) members.push_back(&d);
  }
  std::vector<std::size_t> set(members.size());
  std::iota(set.begin(), set.end(), 0);
  const auto unite = [&set](std::size_t a, std::size_t b) {
    const std::size_t from = set[a], to = set[b];
    std::replace(set.begin(), set.end(), from, to);
  };
  const auto for_each_session = [&](Side side, const auto& do_with) {
    std::map<SessionKey, std::vector<std::size_t>> by_key;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Detection& d = *members[i];
      by_key[{std::string(incident_class(d)), side, side == Side::actor ? d.flow.src_ip : d.flow.dst_ip}].push_back(i);
    }
    for (auto& [key, all] : by_key) {
      std::sort(all.begin(), all.end(),
                [&](auto a, auto b) { return members[a]->flow.started < members[b]->flow.started; });
      std::vector<std::size_t> session;
      base::Timestamp last;
      for (const std::size_t i : all) {
        if (!session.empty() && members[i]->flow.started - last > rules.gap) {
          do_with(session);
          session.clear();
        }
        last = session.empty() ? members[i]->flow.last : std::max(last, members[i]->flow.last);
        session.push_back(i);
      }
      do_with(session);
    }
  };
  for_each_session(Side::actor, [&](const std::vector<std::size_t>& session) {
    for (const std::size_t i : session) {
      if (!grouped_by_victim(*members[i])) unite(i, session.front());
    }
  });
  for_each_session(Side::victim, [&](const std::vector<std::size_t>& session) {
    std::set<base::IpAddress> actors;
    for (const std::size_t i : session) actors.insert(members[i]->flow.src_ip);
    if (actors.size() < rules.swarm && !grouped_by_victim(*members[session.front()])) return;
    for (const std::size_t i : session) unite(i, session.front());
  });
  std::map<std::size_t, std::set<std::uint64_t>> sets;
  for (std::size_t i = 0; i < members.size(); ++i) sets[set[i]].insert(number_of(members[i]->flow.uid));
  Partition all;
  for (const auto& [root, uids] : sets) all.insert(uids);
  return all;
}

TEST(Grouping, a_scan_of_ten_thousand_ports_is_one_incident) {
  Store store;
  std::vector<Detection> batch;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    batch.push_back(attack(i, 5, 9 + i % 3, seconds(i / 100)));
    if (batch.size() == 1000) store.write(std::exchange(batch, {}));
  }
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  const Incident& incident = store.space.incidents.begin()->second;
  EXPECT_EQ(incident.flows, 10'000u);
  EXPECT_EQ(incident.ports.to_string(), "0-9999");
  EXPECT_EQ(incident.actors.count(), 1u);
  EXPECT_EQ(incident.targets.count(), 3u);
  EXPECT_EQ(incident.first_at, kStart);
  EXPECT_EQ(incident.last_at, kStart + seconds(100));
  EXPECT_EQ(incident.samples.front().margin, 0.6f);
}

TEST(Grouping, an_hour_of_guessing_one_password_a_minute_is_one_incident) {
  Store store;
  for (std::uint32_t i = 0; i < 60; ++i) store.write({attack(i, 5, 9, minutes(i), "brute_force")});
  EXPECT_THAT(store.space.incidents, SizeIs(1));
}

TEST(Grouping, a_flood_from_forged_sources_is_one_incident_of_its_victim) {
  Store store;
  std::vector<Detection> batch;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    batch.push_back(attack(i, 1000 + i, 9, std::chrono::milliseconds(i), "flood"));
    if (batch.size() == 1000) store.write(std::exchange(batch, {}));
  }
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  const Incident& incident = store.space.incidents.begin()->second;
  EXPECT_TRUE(incident.by_victim);
  EXPECT_TRUE(incident.actors.is_estimate());
  EXPECT_NEAR(static_cast<double>(incident.actors.count()), 20'000, 4'000);
  EXPECT_THAT(store.space.sessions, SizeIs(1)) << "a forged source must not leave a trace";
}

TEST(Grouping, few_sources_of_one_class_stay_apart_and_a_swarm_becomes_one) {
  const GroupingRules rules{.swarm = 10};
  Store store(rules);
  for (std::uint32_t i = 0; i < 9; ++i) store.write({attack(i, 100 + i, 9, seconds(i), "brute_force")});
  EXPECT_THAT(store.space.incidents, SizeIs(9));
  store.write({attack(9, 109, 9, seconds(9), "brute_force")});
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  EXPECT_EQ(store.space.incidents.begin()->second.flows, 10u);
  EXPECT_EQ(store.space.incidents.begin()->second.actors.count(), 10u);
}

TEST(Grouping, a_pause_longer_than_the_gap_makes_another_incident_and_a_late_flow_bridges_them) {
  Store store;
  store.write({attack(1, 5, 9, minutes(0)), attack(2, 5, 9, minutes(50))});
  ASSERT_THAT(store.space.incidents, SizeIs(2));
  const std::string first = store.incident_of(1), second = store.incident_of(2);
  store.write({attack(3, 5, 9, minutes(25))});
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  EXPECT_EQ(store.incident_of(1), store.incident_of(2));
  EXPECT_EQ(store.space.incidents.begin()->second.flows, 3u);
  const std::vector<std::string> both = {first, second};
  EXPECT_THAT(store.space.load(both).ids, SizeIs(2)) << "the old name still leads to it";
}

TEST(Grouping, a_flow_that_changes_its_class_leaves_one_incident_for_another) {
  Store store;
  store.write({attack(1, 5, 9, seconds(0), "unknown"), attack(2, 5, 9, seconds(1), "unknown")});
  Detection renamed = attack(1, 5, 9, seconds(0), "scan");
  renamed.verdict.margin = 5;
  store.write({renamed});
  ASSERT_THAT(store.space.incidents, SizeIs(2));
  store.tidy();
  EXPECT_EQ(store.space.incidents.at(store.incident_of(1)).attack_type, "scan");
  EXPECT_EQ(store.space.incidents.at(store.incident_of(2)).flows, 1u);
  EXPECT_EQ(store.space.incidents.at(store.incident_of(2)).ports.to_string(), "2");
}

TEST(Grouping, an_incident_whose_last_flow_leaves_is_gone) {
  Store store;
  store.write({attack(1, 5, 9, seconds(0), "unknown")});
  Detection renamed = attack(1, 5, 9, seconds(0), "scan");
  renamed.verdict.margin = 5;
  store.write({renamed});
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  EXPECT_EQ(store.space.incidents.begin()->second.attack_type, "scan");
}

TEST(Grouping, normal_unscored_and_suppressed_flows_belong_to_none) {
  Store store;
  std::vector<Detection> batch = {attack(1, 5, 9, {}), attack(2, 5, 9, {}), attack(3, 5, 9, {})};
  batch[0].verdict.status = scoring::Status::normal;
  batch[1].verdict.status = scoring::Status::unscored;
  batch[2].suppressed_by = "rule";
  EXPECT_THAT(store.write(batch), SizeIs(0));
  EXPECT_THAT(store.space.incidents, SizeIs(0));
}

TEST(Grouping, a_closed_incident_opens_again_for_a_new_flow_but_not_for_a_known_one) {
  Store store;
  store.write({attack(1, 5, 9, seconds(0))});
  Incident& incident = store.space.incidents.begin()->second;
  incident.state = IncidentState::closed;
  store.write({attack(1, 5, 9, seconds(0))});
  EXPECT_EQ(incident.state, IncidentState::closed);
  store.write({attack(2, 5, 9, seconds(1))});
  EXPECT_EQ(incident.state, IncidentState::open);
}

TEST(Grouping, when_two_incidents_become_one_a_confirmed_state_wins) {
  Store store;
  store.write({attack(1, 5, 9, minutes(0)), attack(2, 5, 9, minutes(50)), attack(3, 5, 9, minutes(51))});
  store.space.incidents.at(store.incident_of(1)).state = IncidentState::confirmed;
  store.write({attack(4, 5, 9, minutes(25))});
  ASSERT_THAT(store.space.incidents, SizeIs(1));
  EXPECT_EQ(store.space.incidents.begin()->second.state, IncidentState::confirmed);
}

// Random attacks, each flow in one to three rows.
std::vector<Detection> random_rows(std::mt19937& random, int flows, bool with_class_changes) {
  const auto one_of = [&random](unsigned n) { return static_cast<std::uint32_t>(random() % n); };
  const char* types[] = {"scan", "flood", "unknown", ""};
  std::vector<Detection> rows;
  for (int i = 0; i < flows; ++i) {
    const std::string type = types[one_of(4)];
    const auto number = static_cast<std::uint64_t>(i) + 1;
    const Detection first = attack(number, one_of(12), 100 + one_of(4), minutes(one_of(600)), type);
    for (std::uint32_t row = 0, count = 1 + one_of(3); row < count; ++row) {
      Detection d = first;
      d.flow.last += seconds(row * 10);
      d.flow.packets += row;
      d.alerted_at = *d.alerted_at + seconds(row * 10);
      d.verdict.margin += static_cast<float>(one_of(3));
      d.scored_at = kStart + seconds(rows.size());  // or two verdicts could be equally bad, and yet differ
      if (with_class_changes && one_of(4) == 0) {
        d.verdict.attack_type = types[one_of(4)];
        d.technique = d.verdict.attack_type == "flood" ? "T1498" : "T1046";
      }
      if (with_class_changes && one_of(8) == 0) d.suppressed_by = "rule";
      rows.push_back(d);
    }
  }
  return rows;
}

Store written(std::vector<Detection> rows, std::mt19937& random, const GroupingRules& rules) {
  Store store(rules);
  const std::size_t again = rows.size() / 4;
  for (std::size_t i = 0; i < again; ++i) rows.push_back(Detection(rows[random() % rows.size()]));
  std::shuffle(rows.begin(), rows.end(), random);
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t end = std::min(rows.size(), begin + 1 + random() % 40);
    store.write({rows.begin() + static_cast<std::ptrdiff_t>(begin), rows.begin() + static_cast<std::ptrdiff_t>(end)});
    begin = end;
  }
  store.tidy();
  return store;
}

TEST(Grouping, order_repetition_and_batches_do_not_change_the_result) {
  std::mt19937 random(7);
  for (const std::size_t swarm : {std::size_t{1000}, std::size_t{4}, std::size_t{6}}) {
    const GroupingRules rules{.swarm = swarm};
    for (int round = 0; round < 8; ++round) {
      const auto rows = random_rows(random, 150, false);
      const Store one = written(rows, random, rules);
      ASSERT_EQ(one.partition(), plain_partition(one.flows(), rules)) << "swarm " << swarm << ", round " << round;
      for (int again = 0; again < 3; ++again) {
        const Store other = written(rows, random, rules);
        ASSERT_EQ(other.partition(), one.partition()) << "swarm " << swarm << ", round " << round;
        ASSERT_EQ(other.facts(), one.facts()) << "swarm " << swarm << ", round " << round;
      }
    }
  }
}

TEST(Grouping, flows_that_change_their_class_on_the_way_end_where_their_worst_row_belongs) {
  std::mt19937 random(11);
  const GroupingRules rules{.swarm = 1000};
  for (int round = 0; round < 12; ++round) {
    const auto rows = random_rows(random, 120, true);
    const Store one = written(rows, random, rules);
    EXPECT_EQ(one.partition(), plain_partition(one.flows(), rules));
    const Store other = written(rows, random, rules);
    ASSERT_EQ(other.partition(), one.partition()) << "round " << round;
    ASSERT_EQ(other.facts(), one.facts()) << "round " << round;
  }
}

}  // namespace
}  // namespace weir::alerting
