// SPDX-License-Identifier: Apache-2.0
#include "store/batch_writer.h"

#include <gmock/gmock.h>

#include <map>

#include "store/detection_builder.h"
#include "store/temporary_folder.h"
#include "store/without_incidents.h"

namespace weir::store {
namespace {

using namespace std::chrono_literals;
using alerting::Detection;
using ::testing::HasSubstr;

// A store in memory that can be away, or hold a write until it is let go.
class FakeStore final : public test::WithoutIncidents {
  template <class Read>
  auto locked(Read read) const {
    std::lock_guard lock(mutex_);
    return read();
  }

 public:
  base::Result<WriteOutcome> write(const WriteBatch& batch) override {
    std::unique_lock lock(mutex_);
    ++attempts_;
    changed_.notify_all();
    if (held_) changed_.wait(lock, [this] { return !held_ || interrupted_; });
    if (interrupted_) return base::fail("interrupted");
    if (away_) return base::fail("the database is away");
    for (const Detection& d : batch.detections) {
      const auto [place, is_new] = kept_.try_emplace(d.flow.uid, d);
      if (!is_new) alerting::merge(place->second, d);
    }
    samples_ += batch.throughput.size();
    largest_ = std::max(largest_, batch.detections.size());
    return {};
  }
  void interrupt() override { set(interrupted_, true); }

  void go_away() { set(away_, true); }
  void come_back() { set(away_, false); }
  void hold() { set(held_, true); }
  void let_go() { set(held_, false); }
  std::size_t size() const {
    return locked([this] { return kept_.size(); });
  }
  std::size_t samples() const {
    return locked([this] { return samples_; });
  }
  std::size_t largest() const {
    return locked([this] { return largest_; });
  }
  int attempts() const {
    return locked([this] { return attempts_; });
  }
  void wait_for_attempt() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return attempts_ > 0; });
  }

  base::Result<> put_model(const ModelRecord&) override { return {}; }
  base::Result<DetectionPage> find(const DetectionQuery&) override { return DetectionPage(); }
  base::Result<std::optional<Detection>> get(const flow::FlowUid&) override { return std::optional<Detection>(); }
  base::Result<DetectionCounts> counts() override { return DetectionCounts(); }
  base::Result<std::optional<ModelRecord>> model(const std::string&) override { return std::optional<ModelRecord>(); }
  base::Result<std::vector<ThroughputSample>> throughput(base::Timestamp, base::Timestamp, std::uint32_t) override {
    return std::vector<ThroughputSample>();
  }
  std::string describe() const override { return "a fake store"; }

 private:
  void set(bool& what, bool value) {
    std::lock_guard lock(mutex_);
    what = value;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool away_ = false, held_ = false, interrupted_ = false;
  int attempts_ = 0;
  std::size_t samples_ = 0, largest_ = 0;
  std::map<flow::FlowUid, Detection> kept_;
};

class BatchWriterTest : public ::testing::Test {
 protected:
  BatchWriterTest() {
    config_.longest_delay = 5ms;
    config_.room_wait = 20ms;
    config_.first_retry = 5ms;
    config_.last_retry = 20ms;
  }

  BatchWriter& writer() {
    if (!spool_) spool_ = std::move(*Spool::open(folder_.path() / "spool", spool_options_));
    if (!writer_) writer_.emplace(store_, *spool_, config_, after_write_);
    return *writer_;
  }

  void submit(std::uint64_t from, std::uint64_t to) {
    std::vector<Detection> detections;
    for (std::uint64_t n = from; n < to; ++n) detections.push_back(test::detection_of(n));
    writer().submit(std::move(detections));
  }

  template <class Condition>
  void wait_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(condition()) << "did not happen within 20 s";
  }

  static void expect_balanced(const WriterReport& r) {
    EXPECT_EQ(r.submitted, r.stored + r.spooled + r.queued + r.lost)
        << r.stored << " stored, " << r.spooled << " spooled, " << r.queued << " queued, " << r.lost << " lost";
  }

  test::TemporaryFolder folder_;
  SpoolOptions spool_options_;
  WriterConfig config_;
  BatchWriter::AfterWrite after_write_;
  FakeStore store_;
  std::unique_ptr<Spool> spool_;
  std::optional<BatchWriter> writer_;
};

TEST_F(BatchWriterTest, what_is_submitted_is_stored_within_the_delay_even_when_it_is_little) {
  submit(0, 1);
  ASSERT_TRUE(writer().flush(10s));
  EXPECT_EQ(store_.size(), 1u);
  EXPECT_EQ(writer().report().stored, 1u);
  EXPECT_TRUE(writer().report().ok);
}

TEST_F(BatchWriterTest, a_large_submission_is_written_in_batches) {
  config_.batch_rows = 100;
  submit(0, 1050);
  ASSERT_TRUE(writer().flush(10s));
  EXPECT_EQ(store_.size(), 1050u);
  EXPECT_LT(store_.largest(), 200u);
}

TEST_F(BatchWriterTest, rows_of_one_flow_merge_before_they_are_written_and_all_count_as_stored) {
  config_.longest_delay = 200ms;
  for (int i = 0; i < 10; ++i) submit(0, 2);
  ASSERT_TRUE(writer().flush(10s));
  EXPECT_EQ(store_.attempts(), 1);
  EXPECT_EQ(store_.largest(), 2u);
  EXPECT_EQ(writer().report().stored, 20u);
}

TEST_F(BatchWriterTest, throughput_goes_the_same_way) {
  writer().submit(ThroughputSample{test::kStart, "s"});
  ASSERT_TRUE(writer().flush(10s));
  EXPECT_EQ(store_.samples(), 1u);
  expect_balanced(writer().report());
}

TEST_F(BatchWriterTest, what_was_stored_is_told_once) {
  std::atomic<std::size_t> told = 0;
  after_write_ = [&told](const std::vector<Detection>& stored, const std::vector<alerting::Incident>&) {
    told += stored.size();
  };
  submit(0, 30);
  ASSERT_TRUE(writer().flush(10s));
  writer().stop(10s);
  EXPECT_EQ(told, 30u);
}

TEST_F(BatchWriterTest, while_the_store_is_away_all_is_spooled_and_when_it_is_back_all_is_stored) {
  store_.go_away();
  for (std::uint64_t n = 0; n < 20; ++n) submit(n * 10, n * 10 + 10);
  ASSERT_TRUE(writer().flush(10s));
  WriterReport report = writer().report();
  EXPECT_EQ(report.spooled, 200u);
  EXPECT_FALSE(report.ok);
  EXPECT_TRUE(report.away_since.has_value());
  EXPECT_THAT(report.last_error, HasSubstr("the database is away"));
  expect_balanced(report);

  store_.come_back();
  wait_until([this] { return writer().report().stored == 200; });
  report = writer().report();
  EXPECT_EQ(store_.size(), 200u);
  EXPECT_EQ(report.spooled, 0u);
  EXPECT_TRUE(report.ok);
  EXPECT_FALSE(report.away_since.has_value());
  expect_balanced(report);
}

TEST_F(BatchWriterTest, tries_become_rarer_while_the_store_stays_away) {
  config_.first_retry = 20ms;
  config_.last_retry = 10s;
  store_.go_away();
  submit(0, 1);
  std::this_thread::sleep_for(500ms);
  EXPECT_GE(store_.attempts(), 2);
  EXPECT_LE(store_.attempts(), 6);  // after 20, 60, 140, 300 ms
}

TEST_F(BatchWriterTest, a_store_that_never_answers_holds_up_nobody) {
  config_.batch_rows = 10;
  config_.queue_batches = 2;
  store_.hold();
  for (std::uint64_t n = 0; n < 20; ++n) submit(n * 10, n * 10 + 10);
  WriterReport report = writer().report();
  EXPECT_GE(report.spooled, 100u);
  EXPECT_LE(report.queued, 40u);
  expect_balanced(report);

  store_.let_go();
  wait_until([this] { return writer().report().stored == 200; });
  EXPECT_EQ(store_.size(), 200u);
}

TEST_F(BatchWriterTest, a_stop_in_time_although_the_store_never_answers_leaves_all_in_the_spool) {
  store_.hold();
  submit(0, 10);
  store_.wait_for_attempt();
  submit(10, 20);
  const auto begin = std::chrono::steady_clock::now();
  const WriterReport report = writer().stop(50ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(report.spooled, 20u);
  EXPECT_EQ(report.queued, 0u);
  EXPECT_EQ(report.lost, 0u);
  expect_balanced(report);
}

TEST_F(BatchWriterTest, when_neither_store_nor_spool_has_room_submitting_waits_and_nothing_is_lost) {
  config_.batch_rows = 10;
  config_.queue_batches = 2;
  spool_options_.max_bytes = 20'000;
  store_.go_away();
  std::atomic<bool> submitted_all = false;
  writer();
  std::thread submitter([&] {
    for (std::uint64_t n = 0; n < 50; ++n) submit(n * 10, n * 10 + 10);
    submitted_all = true;
  });
  wait_until([this] {
    return writer().report().last_error == "the spool is full: weir waits until the store takes what is in it";
  });
  EXPECT_FALSE(submitted_all);
  EXPECT_FALSE(writer().report().ok);
  store_.come_back();
  submitter.join();
  wait_until([this] { return writer().report().stored == 500; });
  EXPECT_EQ(store_.size(), 500u);
  EXPECT_EQ(writer().report().lost, 0u);
}

TEST_F(BatchWriterTest, a_stop_with_neither_store_nor_spool_says_what_is_lost) {
  spool_options_.max_bytes = 0;
  store_.go_away();
  submit(0, 10);
  const WriterReport report = writer().stop(1s);
  EXPECT_EQ(report.lost, 10u);
  EXPECT_FALSE(report.ok);
  expect_balanced(report);
}

TEST_F(BatchWriterTest, what_an_earlier_run_spooled_is_stored_by_the_next_one) {
  store_.go_away();
  submit(0, 25);
  writer().stop(10s);
  writer_.reset();
  spool_.reset();
  store_.come_back();

  EXPECT_EQ(writer().report().submitted, 0u);
  wait_until([this] { return store_.size() == 25; });
  wait_until([this] { return writer().report().recovered == 25; });
  EXPECT_EQ(writer().report().to_recover, 0u);
  EXPECT_EQ(writer().report().stored, 0u);
  expect_balanced(writer().report());
}

TEST_F(BatchWriterTest, what_is_submitted_after_the_stop_is_spooled) {
  submit(0, 5);
  writer().stop(10s);
  submit(5, 8);
  const WriterReport report = writer().report();
  EXPECT_EQ(report.stored, 5u);
  EXPECT_EQ(report.spooled, 3u);
  expect_balanced(report);
}

TEST_F(BatchWriterTest, the_account_holds_at_every_moment_while_the_store_comes_and_goes) {
  config_.batch_rows = 20;
  config_.queue_batches = 4;
  writer();
  std::vector<std::thread> submitters;
  for (std::uint64_t s = 0; s < 2; ++s) {
    submitters.emplace_back([this, s] {
      for (std::uint64_t n = 0; n < 200; ++n) submit(s * 10'000 + n * 7, s * 10'000 + n * 7 + 7);
    });
  }
  for (int i = 0; i < 40; ++i) {
    i % 2 ? store_.come_back() : store_.go_away();
    expect_balanced(writer().report());
    std::this_thread::sleep_for(3ms);
  }
  store_.come_back();
  for (std::thread& submitter : submitters) submitter.join();
  wait_until([this] { return writer().report().stored == 2800; });
  EXPECT_EQ(store_.size(), 2800u);
  EXPECT_EQ(writer().report().lost, 0u);
}

}  // namespace
}  // namespace weir::store
