// SPDX-License-Identifier: Apache-2.0
#include "store/detection_store_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include "store/detection_builder.h"

namespace weir::store::test {

using alerting::Detection;
using alerting::Severity;
using scoring::Status;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<Detection> detections_of(std::uint64_t count) {
  std::vector<Detection> all;
  for (std::uint64_t n = 0; n < count; ++n) all.push_back(detection_of(n));
  return all;
}

std::vector<std::string> uids(const std::vector<Detection>& detections) {
  std::vector<std::string> all;
  for (const Detection& d : detections) all.push_back(d.flow.uid.to_string());
  return all;
}

void sort_newest_first(std::vector<Detection>& detections) {
  std::sort(detections.begin(), detections.end(), [](const Detection& a, const Detection& b) {
    return std::tie(a.flow.last, a.flow.uid) > std::tie(b.flow.last, b.flow.uid);
  });
}

// Flows that differ in everything a query can ask for, several of them at each moment.
std::vector<Detection> a_mixed_lot() {
  std::vector<Detection> lot = detections_of(120);
  const char* types[] = {"port scan", "ssh_brute_force", "100% odd", ""};
  const char* hosts[] = {"10.0.0.1", "10.0.0.2", "2001:db8::1", "192.0.2.1"};
  for (std::size_t i = 0; i < lot.size(); ++i) {
    Detection& d = lot[i];
    d.flow.last = kStart + std::chrono::seconds(i / 8);
    d.flow.src_ip = *base::IpAddress::parse(hosts[i % 4]);
    d.flow.dst_ip = *base::IpAddress::parse(hosts[i / 4 % 4]);
    d.flow.dst_port = i % 3 == 0 ? 22 : 443;
    d.verdict.status = static_cast<Status>(i % 3);
    d.verdict.attack_type = types[i / 3 % 4];
    d.severity = static_cast<Severity>(i % 5);
    d.technique = i % 2 ? "T1046" : "";
  }
  return lot;
}

bool contains_folded(std::string text, std::string part) {
  const auto fold = [](std::string& s) {
    std::transform(s.begin(), s.end(), s.begin(), [](char c) { return std::tolower(c); });
  };
  fold(text);
  fold(part);
  return text.find(part) != std::string::npos;
}

// The query's meaning, written a second time and plainly.
bool matches(const Detection& d, const DetectionQuery& q) {
  const std::string id = flow_id(d.flow);
  return (!q.from || d.flow.last >= *q.from) && (!q.to || d.flow.last < *q.to) &&
         (!q.status || d.verdict.status == *q.status) && (!q.attack_type || d.verdict.attack_type == *q.attack_type) &&
         (!q.at_least || d.severity >= *q.at_least) &&
         (!q.host || d.flow.src_ip == *q.host || d.flow.dst_ip == *q.host) && (!q.flow_id || id == *q.flow_id) &&
         (!q.community_id || community_id(d.flow) == *q.community_id) &&
         (!q.text || contains_folded(id, *q.text) || contains_folded(d.verdict.attack_type, *q.text) ||
          contains_folded(d.technique, *q.text));
}

std::vector<DetectionQuery> each_condition_alone(const Detection& of) {
  std::vector<DetectionQuery> queries(9);
  queries[0].from = kStart + std::chrono::seconds(5);
  queries[1].to = kStart + std::chrono::seconds(9);
  queries[2].status = Status::anomaly;
  queries[3].attack_type = "port scan";
  queries[4].at_least = Severity::high;
  queries[5].host = of.flow.dst_ip;
  queries[6].flow_id = flow_id(of.flow);
  queries[7].community_id = community_id(of.flow);
  queries[8].text = "SCAN";
  return queries;
}

void add_condition(const DetectionQuery& from, DetectionQuery& to) {
  if (from.from) to.from = from.from;
  if (from.to) to.to = from.to;
  if (from.status) to.status = from.status;
  if (from.attack_type) to.attack_type = from.attack_type;
  if (from.at_least) to.at_least = from.at_least;
  if (from.host) to.host = from.host;
  if (from.flow_id) to.flow_id = from.flow_id;
  if (from.community_id) to.community_id = from.community_id;
  if (from.text) to.text = from.text;
}

// Rows of one flow as a run gives them: times and verdicts in any order, with ties on purpose.
Detection random_row(std::mt19937& random) {
  Detection d = detection_of(1);
  const auto one_of = [&random](int n) { return static_cast<int>(random() % n); };
  d.flow.last = kStart + std::chrono::seconds(one_of(3));
  d.flow.packets = 10 + one_of(3);
  d.flow.bytes = 100 + one_of(2);
  d.flow.end_reason = static_cast<flow::EndReason>(one_of(6));
  d.scored_at = kStart + std::chrono::seconds(one_of(50));
  d.alerted_at.reset();
  if (one_of(2)) d.alerted_at = kStart + std::chrono::seconds(one_of(100));
  d.verdict.status = static_cast<Status>(one_of(3));
  d.verdict.margin = static_cast<float>(one_of(3)) * 0.1f;
  d.verdict.attack_type = one_of(2) ? "dos" : one_of(2) ? "Zoo" : "";
  d.verdict.confidence.reset();
  if (one_of(2)) d.verdict.confidence = 0.5f;
  // What explains a verdict differs whenever what orders verdicts does.
  d.features = {static_cast<float>(base::to_us(d.scored_at) % 1'000'000'000), d.verdict.margin};
  return d;
}

}  // namespace

void DetectionStoreContract::write(std::vector<Detection> detections) {
  const auto written = store().write({std::move(detections), {}});
  ASSERT_TRUE(written) << written.error().message();
}

std::vector<Detection> DetectionStoreContract::find_all(DetectionQuery query) {
  std::vector<Detection> all;
  do {
    auto page = store().find(query);
    if (!page) {
      ADD_FAILURE() << page.error().message();
      return all;
    }
    EXPECT_LE(page->detections.size(), query.limit);
    all.insert(all.end(), page->detections.begin(), page->detections.end());
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  return all;
}

TEST_P(DetectionStoreContract, every_field_reads_back_as_it_was_written) {
  write({full_detection()});
  const auto read = store().get(full_detection().flow.uid);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ(in_words(**read), in_words(full_detection()));
}

TEST_P(DetectionStoreContract, what_is_not_known_stays_unknown) {
  Detection d = detection_of(1);
  d.alerted_at.reset();
  d.verdict = {};
  d.verdict.unscored_reason = scoring::UnscoredReason::overload;
  d.verdict.score = kNaN;
  d.technique.clear();
  d.features.clear();
  write({d});
  const auto read = store().get(d.flow.uid);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(in_words(**read), in_words(d));
}

TEST_P(DetectionStoreContract, a_flow_that_was_never_written_is_not_found) {
  const auto read = store().get(uid_of(1));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(read->has_value());
}

TEST_P(DetectionStoreContract, writing_nothing_is_no_error) { write({}); }

TEST_P(DetectionStoreContract, what_was_written_is_there_after_a_restart) {
  write(detections_of(3));
  reopen();
  EXPECT_EQ(find_all({}).size(), 3u);
}

TEST_P(DetectionStoreContract, ten_thousand_detections_written_twice_are_ten_thousand) {
  write(detections_of(10'000));
  write(detections_of(10'000));
  const auto counts = store().counts();
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(counts->total, 10'000u);
}

TEST_P(DetectionStoreContract, a_batch_may_hold_the_same_flow_more_than_once) {
  Detection later = detection_of(1);
  later.flow.last += std::chrono::seconds(60);
  later.flow.packets = 99;
  write({later, detection_of(1), detection_of(2), later});
  const auto read = store().get(uid_of(1));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->flow.packets, 99u);
  EXPECT_EQ(find_all({}).size(), 2u);
}

TEST_P(DetectionStoreContract, rows_of_a_flow_merge_as_in_alerting_whatever_their_order_and_repetition) {
  std::mt19937 random(20);
  for (std::uint64_t round = 0; round < 25; ++round) {
    std::vector<Detection> rows;
    for (int i = 0; i < 6; ++i) rows.push_back(random_row(random));
    for (Detection& row : rows) row.flow.uid = uid_of(1000 + round);
    Detection merged = rows.front();
    for (const Detection& row : rows) alerting::merge(merged, row);

    for (int i = 0; i < 3; ++i) rows.push_back(Detection(rows[i]));
    std::shuffle(rows.begin(), rows.end(), random);
    for (const Detection& row : rows) write({row});
    const auto read = store().get(merged.flow.uid);
    ASSERT_TRUE(read && *read);
    ASSERT_EQ(in_words(**read), in_words(merged)) << "round " << round;
  }
}

TEST_P(DetectionStoreContract, a_ping_keeps_its_community_id_when_its_older_row_comes_last) {
  Detection older = detection_of(1);
  older.flow.protocol = 1;
  older.flow.icmp_type = 8;
  Detection newer = older;
  newer.flow.last += std::chrono::seconds(1);
  newer.flow.packets += 1;
  write({newer});
  write({older});
  DetectionQuery query;
  query.community_id = community_id(older.flow);
  const std::vector<Detection> found = find_all(query);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].flow.packets, newer.flow.packets);
}

TEST_P(DetectionStoreContract, pages_are_newest_first_and_visit_each_detection_once_although_times_are_equal) {
  std::vector<Detection> lot = a_mixed_lot();
  write(lot);
  sort_newest_first(lot);
  for (const std::uint32_t limit : {1u, 7u, 8u, 120u, 1000u}) {
    DetectionQuery query;
    query.limit = limit;
    EXPECT_EQ(uids(find_all(query)), uids(lot)) << "limit " << limit;
  }
}

TEST_P(DetectionStoreContract, a_page_that_ends_with_the_last_detection_has_no_next_one) {
  write(detections_of(4));
  DetectionQuery query;
  query.limit = 4;
  const auto page = store().find(query);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->detections.size(), 4u);
  EXPECT_EQ(page->next_cursor, "");
}

TEST_P(DetectionStoreContract, each_condition_alone_and_any_two_joined_find_what_they_say) {
  std::vector<Detection> lot = a_mixed_lot();
  write(lot);
  sort_newest_first(lot);
  const std::vector<DetectionQuery> alone = each_condition_alone(lot[40]);
  for (const DetectionQuery& first : alone) {
    for (const DetectionQuery& second : alone) {
      DetectionQuery query = first;
      add_condition(second, query);
      query.limit = 9;
      std::vector<Detection> expected;
      std::copy_if(lot.begin(), lot.end(), std::back_inserter(expected),
                   [&](const Detection& d) { return matches(d, query); });
      EXPECT_EQ(uids(find_all(query)), uids(expected))
          << "conditions " << &first - alone.data() << " and " << &second - alone.data();
    }
  }
}

TEST_P(DetectionStoreContract, all_conditions_joined_find_what_they_say) {
  std::vector<Detection> lot = a_mixed_lot();
  Detection& wanted = lot[50];
  wanted.technique = "T1046";
  write(lot);
  DetectionQuery query;
  for (const DetectionQuery& one : each_condition_alone(wanted)) add_condition(one, query);
  query.status = wanted.verdict.status;
  query.attack_type = wanted.verdict.attack_type;
  query.at_least = wanted.severity;
  query.text = "t1046";
  ASSERT_TRUE(matches(wanted, query));
  std::erase_if(lot, [&query](const Detection& d) { return !matches(d, query); });
  sort_newest_first(lot);
  EXPECT_EQ(uids(find_all(query)), uids(lot));
}

TEST_P(DetectionStoreContract, percent_underscore_and_backslash_are_searched_for_as_they_are) {
  std::vector<Detection> lot = detections_of(4);
  lot[0].verdict.attack_type = "100% odd";
  lot[1].verdict.attack_type = "1000 odd";
  lot[2].verdict.attack_type = "snake_case";
  lot[3].verdict.attack_type = R"(back\slash)";
  write(lot);
  const std::pair<const char*, std::uint64_t> searches[] = {{"0% o", 0}, {"e_c", 2}, {R"(k\s)", 3}};
  for (const auto& [text, n] : searches) {
    DetectionQuery query;
    query.text = text;
    EXPECT_THAT(uids(find_all(query)), ElementsAre(uid_of(n).to_string())) << text;
  }
  DetectionQuery query;
  query.text = "snakeXcase";
  EXPECT_THAT(find_all(query), IsEmpty());
}

TEST_P(DetectionStoreContract, text_full_of_sql_is_only_text) {
  const std::string nasty = R"('; DROP TABLE detections; -- "$1 ?1 \' )";
  Detection d = detection_of(1);
  d.verdict.attack_type = nasty;
  d.technique = nasty;
  d.sensor = nasty;
  write({d, detection_of(2)});
  std::vector<DetectionQuery> queries(2);
  queries[0].attack_type = nasty;
  queries[1].text = nasty;
  for (const DetectionQuery& query : queries) EXPECT_THAT(uids(find_all(query)), ElementsAre(uid_of(1).to_string()));
  queries[0].attack_type = "' OR '1'='1";
  EXPECT_THAT(find_all(queries[0]), IsEmpty());
  EXPECT_EQ(find_all({}).size(), 2u);
}

TEST_P(DetectionStoreContract,
       text_that_no_database_holds_is_repaired_when_written_and_matches_nothing_when_asked_for) {
  Detection d = detection_of(1);
  d.verdict.attack_type = std::string("a\0b\xff", 4);
  d.sensor = "\xc3(";
  write({d});
  const auto read = store().get(d.flow.uid);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->verdict.attack_type, "ab\xEF\xBF\xBD");
  DetectionQuery query;
  query.text = std::string("a\0b", 3);
  EXPECT_THAT(find_all(query), IsEmpty());
  query.text.reset();
  query.attack_type = d.verdict.attack_type;
  EXPECT_THAT(find_all(query), IsEmpty());
}

TEST_P(DetectionStoreContract, absurd_numbers_and_times_do_not_keep_a_batch_from_being_stored) {
  std::vector<Detection> lot = detections_of(4);
  lot[0].flow.packets = lot[0].flow.bytes = std::numeric_limits<std::uint64_t>::max();
  lot[1].flow.last = base::from_us(std::numeric_limits<std::int64_t>::max());
  lot[2].flow.started = base::from_us(std::numeric_limits<std::int64_t>::min());
  lot[2].flow.last = base::from_us(-1);
  lot[3].verdict.score = std::numeric_limits<float>::infinity();
  lot[3].verdict.confidence = kNaN;
  write(lot);
  EXPECT_EQ(find_all({}).size(), 4u);
  const auto read = store().get(lot[3].flow.uid);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->verdict.score, std::numeric_limits<float>::infinity());
  EXPECT_EQ((*read)->verdict.confidence, std::nullopt);
}

TEST_P(DetectionStoreContract, a_host_is_found_as_source_and_as_destination_in_ipv4_and_ipv6) {
  std::vector<Detection> lot = detections_of(3);
  const auto host = *base::IpAddress::parse("2001:db8::42");
  lot[0].flow.src_ip = host;
  lot[1].flow.dst_ip = host;
  lot[2].flow.src_ip = lot[2].flow.dst_ip = host;
  write(lot);
  write({detection_of(9)});
  DetectionQuery query;
  query.host = host;
  EXPECT_EQ(find_all(query).size(), 3u);
  query.host = detection_of(9).flow.src_ip;
  EXPECT_EQ(find_all(query).size(), 1u);
}

TEST_P(DetectionStoreContract, a_cursor_of_someone_else_and_a_limit_out_of_range_are_refused_in_a_sentence) {
  for (const char* cursor : {"x", "12", "12.", ".", "1x.00112233445566778899aabbccddeeff", "12.00112233", "'; DROP"}) {
    DetectionQuery query;
    query.cursor = cursor;
    const auto page = store().find(query);
    ASSERT_FALSE(page) << cursor;
    EXPECT_THAT(page.error().message(), HasSubstr("cursor"));
  }
  for (const std::uint32_t limit : {0u, 1001u}) {
    DetectionQuery query;
    query.limit = limit;
    const auto page = store().find(query);
    ASSERT_FALSE(page) << limit;
    EXPECT_THAT(page.error().message(), HasSubstr("limit must be 1 to 1000"));
  }
}

TEST_P(DetectionStoreContract, counts_are_by_status_and_for_anomalies_by_attack_type) {
  std::vector<Detection> lot = detections_of(7);
  lot[0].verdict.status = Status::normal;  // the attack-type model may be asked about every row
  lot[1].verdict.status = Status::unscored;
  lot[2].verdict.attack_type = "flood";
  lot[3].verdict.attack_type = "";
  write(lot);
  const auto counts = store().counts();
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(counts->total, 7u);
  EXPECT_EQ(counts->normal, 1u);
  EXPECT_EQ(counts->unscored, 1u);
  EXPECT_EQ(counts->anomaly, 5u);
  EXPECT_THAT(counts->by_attack_type, ElementsAre(std::pair("port scan", 3u), std::pair("flood", 1u)));
}

TEST_P(DetectionStoreContract, a_model_reads_back_and_the_newer_record_replaces_the_older) {
  ModelRecord model;
  model.version = "default@1.2";
  model.trained_on = "lab 'one'";
  model.feature_names = {"a", "b \"quoted\""};
  model.medians = {0.1f, kNaN};
  model.lows = {-1, 1e-30f};
  model.highs = {2, 3};
  model.threshold = -0.1;
  model.loaded_at = kStart;
  ASSERT_TRUE(store().put_model(model));
  model.threshold = -0.2;
  model.higher_is_worse = true;
  ASSERT_TRUE(store().put_model(model));

  const auto read = store().model(model.version);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ((*read)->trained_on, model.trained_on);
  EXPECT_EQ((*read)->feature_names, model.feature_names);
  EXPECT_EQ((*read)->medians[0], 0.1f);
  EXPECT_TRUE(std::isnan((*read)->medians[1]));
  EXPECT_EQ((*read)->lows, model.lows);
  EXPECT_EQ((*read)->highs, model.highs);
  EXPECT_EQ((*read)->threshold, -0.2);
  EXPECT_TRUE((*read)->higher_is_worse);
  EXPECT_EQ((*read)->loaded_at, kStart);
}

TEST_P(DetectionStoreContract, a_model_that_was_never_stored_is_not_found) {
  const auto read = store().model("no such model");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(read->has_value());
}

ThroughputSample sample_at(int tick, const std::string& sensor = "s") {
  return {kStart + std::chrono::seconds(10 * tick), sensor, 10, 100, 2000, 5, static_cast<std::uint64_t>(tick), 2, 1};
}

std::vector<ThroughputSample> ticks(int count) {
  std::vector<ThroughputSample> samples;
  for (int tick = 0; tick < count; ++tick) samples.push_back(sample_at(tick));
  return samples;
}

TEST_P(DetectionStoreContract, throughput_reads_back_oldest_first_and_once_however_often_it_was_written) {
  ASSERT_TRUE(store().write({{}, ticks(5)}));
  ASSERT_TRUE(store().write({{}, ticks(5)}));
  const auto read = store().throughput(kStart + std::chrono::seconds(10), kStart + std::chrono::seconds(40), 100);
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_EQ(read->size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(in_words((*read)[i]), in_words(sample_at(i + 1)));
}

TEST_P(DetectionStoreContract, thinned_throughput_keeps_every_sum) {
  ASSERT_TRUE(store().write({{}, ticks(1000)}));
  ASSERT_TRUE(store().write({{}, {sample_at(3, "other sensor")}}));
  for (const std::uint32_t points : {1u, 7u, 100u, 999u}) {
    const auto read = store().throughput(kStart, kStart + std::chrono::hours(24), points);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_LE(read->size(), std::max(points, 2u));  // a sensor is never dropped
    ThroughputSample sum, expected;
    for (const ThroughputSample& s : *read) {
      sum.packets += s.packets;
      sum.bytes += s.bytes;
      sum.seconds += s.seconds;
      sum.rejected_packets += s.rejected_packets;
      sum.dropped_packets += s.dropped_packets;
      sum.flows_started += s.flows_started;
    }
    expected.seconds = 10 * 1001;
    expected.packets = 100 * 1001;
    expected.bytes = 2000 * 1001;
    expected.flows_started = 5 * 1001;
    expected.rejected_packets = 2 * 1001;
    expected.dropped_packets = 1001;
    EXPECT_EQ(in_words(sum), in_words(expected)) << points << " points";
    EXPECT_TRUE(std::is_sorted(read->begin(), read->end(), [](const auto& a, const auto& b) { return a.at < b.at; }));
    EXPECT_EQ(read->back().at, sample_at(999).at);
    EXPECT_EQ(read->back().flows_open, 999u);
  }
}

TEST_P(DetectionStoreContract, throughput_of_a_time_without_any_is_empty) {
  const auto read = store().throughput(kStart, kStart + std::chrono::hours(1), 10);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_THAT(*read, IsEmpty());
}

TEST_P(DetectionStoreContract, readers_see_whole_batches_while_another_thread_writes) {
  constexpr std::uint64_t kBatches = 20, kEach = 50;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t b = 0; b < kBatches; ++b) {
      std::vector<Detection> batch;
      for (std::uint64_t i = 0; i < kEach; ++i) batch.push_back(detection_of(b * kEach + i));
      const auto written = store().write({std::move(batch), {}});
      EXPECT_TRUE(written) << written.error().message();
    }
    done = true;
  });
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        const auto counts = store().counts();
        ASSERT_TRUE(counts) << counts.error().message();
        EXPECT_EQ(counts->total % kEach, 0u);
        const auto page = store().find({});
        ASSERT_TRUE(page) << page.error().message();
      }
    });
  }
  writer.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(store().counts()->total, kBatches * kEach);
}

}  // namespace weir::store::test
