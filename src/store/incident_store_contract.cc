// SPDX-License-Identifier: Apache-2.0
// The part of the contract that is about incidents and what people say of them.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/detection_builder.h"
#include "store/detection_store_contract.h"

namespace weir::store::test {

using alerting::Detection;
using alerting::Incident;
using alerting::IncidentState;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

base::IpAddress host(const char* text) { return *base::IpAddress::parse(text); }

Detection attack(std::uint64_t n, const char* from, const char* to, base::Duration at, const char* type = "scan") {
  Detection d = detection_of(n);
  d.flow.src_ip = host(from);
  d.flow.dst_ip = host(to);
  d.flow.dst_port = static_cast<std::uint16_t>(n);
  d.flow.started = kStart + at;
  d.flow.last = d.flow.started + seconds(1);
  d.alerted_at = d.flow.last;
  d.verdict.attack_type = type;
  return d;
}

std::vector<Incident> all_incidents(DetectionStore& store, IncidentQuery query = {}) {
  std::vector<Incident> all;
  do {
    auto page = store.find_incidents(query);
    if (!page) {
      ADD_FAILURE() << page.error().message();
      return all;
    }
    EXPECT_LE(page->incidents.size(), query.limit);
    all.insert(all.end(), page->incidents.begin(), page->incidents.end());
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return all;
}

std::vector<std::string> types(const std::vector<Incident>& incidents) {
  std::vector<std::string> all;
  for (const Incident& incident : incidents) all.push_back(incident.attack_type);
  return all;
}

void tidy(DetectionStore& store) {
  for (bool more = true; more;) {
    const auto tidied = store.tidy_one_incident();
    ASSERT_TRUE(tidied) << tidied.error().message();
    more = tidied->has_value();
  }
}

}  // namespace

TEST_P(DetectionStoreContract, a_scan_is_one_incident_and_its_flows_are_found_by_it) {
  std::vector<Detection> scan;
  for (std::uint64_t n = 0; n < 300; ++n) scan.push_back(attack(n, "10.0.0.5", "2001:db8::9", seconds(n)));
  write(scan);
  write({attack(1000, "10.0.0.6", "192.0.2.9", minutes(1))});
  const auto incidents = all_incidents(store());
  ASSERT_THAT(incidents, SizeIs(2));
  const Incident& incident = incidents.front();
  EXPECT_EQ(incident.flows, 300u);
  EXPECT_EQ(incident.attack_type, "scan");
  EXPECT_EQ(incident.technique, "T1046");
  EXPECT_EQ(incident.severity, alerting::Severity::medium);
  EXPECT_EQ(incident.ports.to_string(), "0-299");
  EXPECT_EQ(incident.actors.sorted(), std::vector{host("10.0.0.5")});
  EXPECT_EQ(incident.targets.sorted(), std::vector{host("2001:db8::9")});
  EXPECT_EQ(incident.first_at, kStart);
  EXPECT_EQ(incident.last_at, kStart + seconds(300));
  EXPECT_EQ(incident.state, IncidentState::open);
  EXPECT_THAT(incident.samples, SizeIs(5));
  EXPECT_EQ(incident.timeline.width_s(), 10);

  DetectionQuery query;
  query.incident = incident.id;
  query.limit = 70;
  EXPECT_EQ(find_all(query).size(), 300u);
  EXPECT_EQ(find_all(query).front().incident_id, incident.id);
}

TEST_P(DetectionStoreContract, an_incident_reads_back_after_a_restart_and_goes_on_growing) {
  write({attack(1, "10.0.0.5", "10.0.0.9", minutes(0))});
  const auto before = all_incidents(store());
  ASSERT_THAT(before, SizeIs(1));
  reopen();
  EXPECT_EQ(all_incidents(store()), before);
  write({attack(2, "10.0.0.5", "10.0.0.9", minutes(1))});
  const auto after = all_incidents(store());
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after.front().id, before.front().id);
  EXPECT_EQ(after.front().flows, 2u);
}

TEST_P(DetectionStoreContract, writing_tells_which_incidents_changed) {
  const auto first = store().write({{attack(1, "10.0.0.5", "10.0.0.9", minutes(0))}, {}});
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_THAT(first->incidents, SizeIs(1));
  EXPECT_EQ(first->incidents.front(), all_incidents(store()).front());
  Detection normal = attack(2, "10.0.0.5", "10.0.0.9", minutes(0));
  normal.verdict.status = scoring::Status::normal;
  const auto second = store().write({{normal}, {}});
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_THAT(second->incidents, IsEmpty());
}

TEST_P(DetectionStoreContract, a_late_flow_makes_one_of_two_and_the_old_name_still_leads_there) {
  write({attack(1, "10.0.0.5", "10.0.0.9", minutes(0)), attack(2, "10.0.0.5", "10.0.0.9", minutes(50))});
  const auto two = all_incidents(store());
  ASSERT_THAT(two, SizeIs(2));
  write({attack(3, "10.0.0.5", "10.0.0.9", minutes(25))});
  const auto one = all_incidents(store());
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_EQ(one.front().flows, 3u);
  for (const Incident& old : two) {
    const auto found = store().incident(old.id);
    ASSERT_TRUE(found && *found) << old.id;
    EXPECT_EQ((*found)->id, one.front().id);
  }
  DetectionQuery query;
  query.incident = one.front().id;
  EXPECT_EQ(find_all(query).size(), 3u);
}

// Sessions that bear the name of an incident which became part of another.
TEST_P(DetectionStoreContract, what_a_swallowed_incident_knew_leads_to_the_one_that_has_it_until_that_is_gone) {
  write({attack(1, "10.0.0.5", "10.0.0.9", minutes(0)), attack(2, "10.0.0.5", "10.0.0.9", minutes(50)),
         attack(3, "10.0.0.5", "10.0.0.7", minutes(51))});
  write({attack(4, "10.0.0.5", "10.0.0.9", minutes(25))});
  reopen();
  write({attack(5, "10.0.0.6", "10.0.0.7", minutes(52)), attack(6, "10.0.0.5", "10.0.0.7", minutes(53))});
  const auto before = all_incidents(store());
  ASSERT_THAT(before, SizeIs(2));
  EXPECT_EQ(before.front().flows + before.back().flows, 6u);

  // Each flow turns out to be of another class: the incident is empty, goes, and its sessions with it.
  std::vector<Detection> otherwise = {
      attack(1, "10.0.0.5", "10.0.0.9", minutes(0), "flood"), attack(2, "10.0.0.5", "10.0.0.9", minutes(50), "flood"),
      attack(3, "10.0.0.5", "10.0.0.7", minutes(51), "flood"), attack(4, "10.0.0.5", "10.0.0.9", minutes(25), "flood"),
      attack(6, "10.0.0.5", "10.0.0.7", minutes(53), "flood")};
  for (Detection& d : otherwise) {
    d.flow.last += seconds(5);
    d.verdict.margin += 1;
  }
  write(otherwise);
  tidy(store());
  write({attack(7, "10.0.0.5", "10.0.0.9", minutes(10)), attack(8, "10.0.0.5", "10.0.0.9", minutes(60))});
  std::map<std::string, std::uint64_t> flows;
  for (const Incident& i : all_incidents(store())) flows[i.attack_type] += i.flows;
  EXPECT_EQ(flows["flood"], 5u);
  EXPECT_EQ(flows["scan"], 3u);
  for (const Incident& i : all_incidents(store())) {
    if (i.attack_type != "scan") continue;
    EXPECT_EQ(i.flows, 1u) << "a session that is gone joined what is 50 minutes apart";
  }
}

TEST_P(DetectionStoreContract, order_and_repetition_do_not_change_the_incidents) {
  std::mt19937 random(5);
  std::vector<Detection> rows;
  const char* hosts[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::4"};
  const char* kinds[] = {"scan", "flood", "unknown"};
  for (std::uint64_t n = 0; n < 80; ++n) {
    Detection d = attack(n, hosts[random() % 4], hosts[random() % 4], minutes(random() % 300), kinds[random() % 3]);
    d.technique = d.verdict.attack_type == "flood" ? "T1498" : "T1046";
    rows.push_back(d);
    if (random() % 3 != 0) continue;
    d.flow.last += seconds(20);  // a later row of the flow, which may think otherwise
    d.flow.packets += 5;
    d.scored_at += seconds(20);
    d.verdict.margin += 1;
    if (random() % 2 == 0) d.verdict.attack_type = "scan", d.technique = "T1046";
    if (random() % 6 == 0) d.suppressed_by = "rule";
    rows.push_back(d);
  }
  const auto facts_of = [&] {
    std::multimap<std::string, std::string> facts;
    for (const Incident& i : all_incidents(store())) {
      DetectionQuery query;
      query.incident = i.id;
      query.limit = 1000;
      std::set<std::string> flows;
      for (const Detection& d : find_all(query)) flows.insert(d.flow.uid.to_string());
      std::string members;
      for (const std::string& uid : flows) members += uid + " ";
      facts.emplace(members, i.attack_type + i.ports.to_string() + " " + std::to_string(base::to_us(i.first_at)) + " " +
                                 std::to_string(base::to_us(i.last_at)) + " " + std::to_string(i.packets) + " " +
                                 std::to_string(i.flows) + " " + std::to_string(flows.size()));
    }
    return facts;
  };
  write(rows);
  tidy(store());
  const auto in_one_batch = facts_of();
  EXPECT_GT(in_one_batch.size(), 20u);

  empty();
  std::shuffle(rows.begin(), rows.end(), random);
  for (std::size_t at = 0; at < rows.size(); at += 9) {
    const auto end = std::min(rows.size(), at + 12);  // the last three come twice
    write({rows.begin() + static_cast<std::ptrdiff_t>(at), rows.begin() + static_cast<std::ptrdiff_t>(end)});
    if (at % 4 == 0) tidy(store());
  }
  tidy(store());
  EXPECT_EQ(facts_of(), in_one_batch);
}

TEST_P(DetectionStoreContract, what_is_suppressed_is_stored_and_counted_but_in_no_incident) {
  Detection hidden = attack(1, "10.0.0.5", "10.0.0.9", minutes(0));
  hidden.suppressed_by = "a-rule";
  write({hidden, attack(2, "10.0.0.6", "10.0.0.9", minutes(0))});
  EXPECT_THAT(all_incidents(store()), SizeIs(1));
  const auto counts = store().counts();
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(counts->anomaly, 1u);
  EXPECT_EQ(counts->suppressed, 1u);
  EXPECT_EQ(counts->total, 2u);
  EXPECT_THAT(counts->by_attack_type, ElementsAre(std::pair("scan", 1u)));
  DetectionQuery query;
  query.suppressed = true;
  ASSERT_EQ(find_all(query).size(), 1u);
  EXPECT_EQ(find_all(query).front().suppressed_by, "a-rule");
  query.suppressed = false;
  EXPECT_EQ(find_all(query).size(), 1u);
}

TEST_P(DetectionStoreContract, incidents_are_found_by_each_condition_page_by_page) {
  std::vector<Detection> lot;
  const char* sources[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"};
  for (std::uint64_t n = 0; n < 5; ++n) {
    Detection d = attack(n, sources[n], "10.0.0.9", minutes(100 * n), n % 2 == 0 ? "scan" : "beacon");
    d.severity = static_cast<alerting::Severity>(n);
    lot.push_back(d);
  }
  write(lot);
  IncidentQuery query;
  query.limit = 2;
  EXPECT_THAT(types(all_incidents(store(), query)), ElementsAre("scan", "beacon", "scan", "beacon", "scan"));
  query.attack_type = "beacon";
  EXPECT_THAT(all_incidents(store(), query), SizeIs(2));
  query = {};
  query.at_least = alerting::Severity::high;
  EXPECT_THAT(all_incidents(store(), query), SizeIs(2));
  query = {};
  query.from = kStart + minutes(150);
  query.to = kStart + minutes(350);
  EXPECT_THAT(all_incidents(store(), query), SizeIs(2));
  query = {};
  query.host = host("10.0.0.3");
  EXPECT_THAT(all_incidents(store(), query), SizeIs(1));
  query.host = host("10.0.0.9");
  EXPECT_THAT(all_incidents(store(), query), SizeIs(5));
  query = {};
  query.state = IncidentState::dismissed;
  EXPECT_THAT(all_incidents(store(), query), IsEmpty());
  query = {};
  query.cursor = "12.x";
  EXPECT_THAT(store().find_incidents(query).error().message(), HasSubstr("cursor"));
  query = {};
  query.limit = 0;
  EXPECT_THAT(store().find_incidents(query).error().message(), HasSubstr("limit"));
}

TEST_P(DetectionStoreContract, a_judgement_is_kept_while_the_incident_grows) {
  write({attack(1, "10.0.0.5", "10.0.0.9", minutes(0))});
  const std::string id = all_incidents(store()).front().id;
  const auto judged = store().judge_incident(id, {IncidentState::confirmed, "ann", "it's \"real\"", kStart});
  ASSERT_TRUE(judged && *judged) << judged.error().message();
  write({attack(2, "10.0.0.5", "10.0.0.9", minutes(1))});
  const auto read = store().incident(id);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->state, IncidentState::confirmed);
  EXPECT_EQ((*read)->state_by, "ann");
  EXPECT_EQ((*read)->comment, "it's \"real\"");
  EXPECT_EQ((*read)->state_at, kStart);
  EXPECT_EQ((*read)->flows, 2u);
  const auto none = store().judge_incident("0123456789abcdef", {});
  ASSERT_TRUE(none) << none.error().message();
  EXPECT_FALSE(none->has_value());
}

TEST_P(DetectionStoreContract, incidents_of_one_actor_are_related) {
  write({attack(1, "10.0.0.5", "10.0.0.9", minutes(0)), attack(2, "10.0.0.5", "10.0.0.8", minutes(5), "beacon"),
         attack(3, "10.0.0.6", "10.0.0.9", minutes(1))});
  for (const Incident& incident : all_incidents(store())) {
    const auto related = store().related_incidents(incident.id, 10);
    ASSERT_TRUE(related) << related.error().message();
    const bool has_campaign = incident.actors.contains(host("10.0.0.5"));
    EXPECT_THAT(*related, SizeIs(has_campaign ? 1 : 0)) << incident.attack_type;
  }
}

TEST_P(DetectionStoreContract, suppressions_read_back_oldest_first_and_go) {
  alerting::Suppression one;
  one.id = "one";
  one.rule = *alerting::parse_suppression_rule(R"({"source":"10.0.0.0/8","ports":"22","time_of_day":"22:00-06:00"})");
  one.owner = "ann";
  one.reason = "backup 'host' \"x\"";
  one.created_at = kStart;
  one.expires_at = kStart + minutes(1);
  alerting::Suppression two = one;
  two.id = "two";
  two.created_at = kStart + seconds(1);
  two.expires_at.reset();
  ASSERT_TRUE(store().put_suppression(two));
  ASSERT_TRUE(store().put_suppression(one));
  const auto read = store().suppressions();
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ((*read)[0].id, "one");
  EXPECT_EQ((*read)[0].rule, one.rule);
  EXPECT_EQ((*read)[0].reason, one.reason);
  EXPECT_EQ((*read)[0].expires_at, one.expires_at);
  EXPECT_EQ((*read)[1].expires_at, std::nullopt);
  EXPECT_TRUE(store().remove_suppression("one").value());
  EXPECT_FALSE(store().remove_suppression("one").value());
  EXPECT_THAT(*store().suppressions(), SizeIs(1));
}

TEST_P(DetectionStoreContract, feedback_reads_back_newest_first) {
  Feedback first;
  first.at = kStart;
  first.by = "ann";
  first.incident_id = "0123456789abcdef";
  Feedback second;
  second.at = kStart + seconds(1);
  second.by = "bob";
  second.flow = uid_of(3);
  second.is_attack = false;
  second.attack_type = "backup";
  second.comment = "nightly";
  ASSERT_TRUE(store().add_feedback(first));
  ASSERT_TRUE(store().add_feedback(second));
  const auto read = store().feedback(10);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_THAT(*read, SizeIs(2));
  EXPECT_EQ((*read)[0].flow, uid_of(3));
  EXPECT_FALSE((*read)[0].is_attack);
  EXPECT_EQ((*read)[0].attack_type, "backup");
  EXPECT_EQ((*read)[1].incident_id, first.incident_id);
  EXPECT_TRUE((*read)[1].is_attack);
  EXPECT_EQ((*read)[1].comment, "");
  EXPECT_THAT(*store().feedback(1), SizeIs(1));
}

}  // namespace weir::store::test
