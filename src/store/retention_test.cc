// SPDX-License-Identifier: Apache-2.0
#include "store/retention.h"

#include <gmock/gmock.h>

#include <atomic>

#include "store/without_incidents.h"

namespace weir::store {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Counts instead of keeping; each row takes a while to drop.
class SlowStore final : public test::WithoutIncidents {
 public:
  std::atomic<std::uint64_t> rows = 0;
  std::atomic<std::uint64_t> free_bytes = 0;
  std::atomic<std::uint32_t> largest_piece = 0;
  std::atomic<int> pieces = 0;
  std::atomic<bool> away = false, hangs = false, interrupted = false;
  std::chrono::microseconds per_row{0};

  base::Result<StoreExtent> extent() override {
    if (away) return base::fail("the database is away");
    return StoreExtent{.bytes = rows * 1000 + free_bytes, .used_bytes = rows * 1000, .detections = rows};
  }
  base::Result<std::uint64_t> drop_detections(base::Timestamp, std::uint32_t limit) override {
    while (hangs && !interrupted) std::this_thread::sleep_for(1ms);
    if (interrupted) return base::fail("interrupted");
    const std::uint64_t dropped = std::min<std::uint64_t>(limit, rows);
    std::this_thread::sleep_for(per_row * dropped);
    rows -= dropped;
    free_bytes += dropped * 1000;
    ++pieces;
    largest_piece = std::max(largest_piece.load(), limit);
    return dropped;
  }
  base::Result<std::uint64_t> give_back(std::uint64_t most) override {
    const std::uint64_t given = std::min(most, free_bytes.load());
    free_bytes -= given;
    return given;
  }
  void interrupt() override { interrupted = true; }

  base::Result<WriteOutcome> write(const WriteBatch&) override { return WriteOutcome(); }
  base::Result<> put_model(const ModelRecord&) override { return {}; }
  base::Result<DetectionPage> find(const DetectionQuery&) override { return DetectionPage(); }
  base::Result<std::optional<alerting::Detection>> get(const flow::FlowUid&) override {
    return std::optional<alerting::Detection>();
  }
  base::Result<DetectionCounts> counts() override { return DetectionCounts(); }
  base::Result<std::optional<ModelRecord>> model(const std::string&) override { return std::optional<ModelRecord>(); }
  base::Result<std::vector<ThroughputSample>> throughput(base::Timestamp, base::Timestamp, std::uint32_t) override {
    return std::vector<ThroughputSample>();
  }
  std::string describe() const override { return "a slow store"; }
};

template <class Condition>
void wait_until(Condition condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(condition());
}

TEST(Retention, without_limits_only_measures) {
  SlowStore store;
  store.rows = 1000;
  Retention retention(store, {}, {.between_rounds = 5ms});
  wait_until([&] { return retention.report().extent && retention.report().extent->detections == 1000; });
  store.rows = 1001;
  wait_until([&] { return retention.report().extent->detections == 1001; });
  EXPECT_EQ(store.pieces, 0);
}

TEST(Retention, pieces_shrink_until_one_takes_no_longer_than_it_may_and_each_is_followed_by_a_pause) {
  SlowStore store;
  store.rows = 400;
  store.per_row = 1ms;
  const auto begin = std::chrono::steady_clock::now();
  Retention retention(store, {.age = 1s}, {.piece_time = 10ms});
  wait_until([&] { return store.rows == 0; });
  EXPECT_LE(store.largest_piece, 64u);
  EXPECT_GE(store.pieces, 15) << "64 at first, then 32 and so on, down to 16";
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 400ms * 4) << "four times as long at rest";
  retention.stop();
  EXPECT_GE(retention.report().longest_piece, 60ms);
  EXPECT_EQ(retention.report().dropped_by_age, 400u);
}

TEST(Retention, pieces_grow_where_rows_cost_little) {
  SlowStore store;
  store.rows = 100'000;
  Retention retention(store, {.age = 1s});
  wait_until([&] { return store.rows == 0; });
  EXPECT_EQ(store.largest_piece, 2000u);
}

TEST(Retention, too_large_a_store_shrinks_to_five_percent_below_its_limit_and_gives_the_space_back) {
  SlowStore store;
  store.rows = 10'000;
  Retention retention(store, {.bytes = 4'000'000}, {.between_rounds = 5ms});
  wait_until([&] { return retention.report().bytes_given_back >= 6'200'000; });
  retention.stop();
  EXPECT_NEAR(static_cast<double>(store.rows), 3800, 2);
  EXPECT_EQ(retention.report().dropped_by_size, 10'000 - store.rows);
  EXPECT_EQ(retention.report().bytes_given_back, retention.report().dropped_by_size * 1000);
}

TEST(Retention, a_store_that_is_away_is_told_and_tried_again) {
  SlowStore store;
  store.away = true;
  store.rows = 10;
  Retention retention(store, {.age = 1s}, {.between_rounds = 5ms});
  wait_until([&] { return retention.report().problem.has_value(); });
  EXPECT_THAT(*retention.report().problem, HasSubstr("away"));
  store.away = false;
  wait_until([&] { return store.rows == 0 && !retention.report().problem; });
}

TEST(Retention, a_stop_does_not_wait_for_a_pause_nor_for_a_store_that_hangs) {
  SlowStore store;
  store.rows = 1000;
  store.hangs = true;
  Retention retention(store, {.age = 1s});
  std::this_thread::sleep_for(20ms);
  const auto begin = std::chrono::steady_clock::now();
  retention.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_TRUE(store.interrupted);

  SlowStore slow;
  slow.rows = 1000;
  slow.per_row = 1ms;
  Retention paused(slow, {.age = 1s}, {.pause = 10'000});
  std::this_thread::sleep_for(200ms);
  const auto then = std::chrono::steady_clock::now();
  paused.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - then, 900ms);
  EXPECT_FALSE(slow.interrupted);
}

}  // namespace
}  // namespace weir::store
