// SPDX-License-Identifier: Apache-2.0
#include "pipeline/row_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::pipeline {
namespace {

using features::RowKind;

features::Row row_of(unsigned flow, RowKind kind, std::uint64_t packets) {
  features::Row row;
  row.flow.uid.bytes[0] = static_cast<std::byte>(flow);
  row.flow.packets = packets;
  row.kind = kind;
  row.news.packets[0] = 1;
  return row;
}

RowBatch batch_of(std::initializer_list<features::Row> rows) {
  RowBatch batch;
  for (const auto& row : rows) batch.rows.add(row)[0] = static_cast<float>(row.flow.packets);
  return batch;
}

TEST(RowQueue, a_newer_row_of_a_flow_replaces_its_older_interim_row_when_live_and_full) {
  RowQueue queue(3, RowQueue::WhenFull::coalesce);
  queue.push(batch_of({row_of(1, RowKind::interim, 10), row_of(2, RowKind::interim, 20)}));
  queue.push(batch_of({row_of(1, RowKind::interim, 11)}));
  queue.push(batch_of({row_of(3, RowKind::final, 30)}));

  const auto first = queue.pop();
  ASSERT_EQ(first->rows.size(), 1u);
  EXPECT_EQ(first->rows.row(0).flow.packets, 20u);
  EXPECT_EQ(first->rows.values(0)[0], 20.0f) << "values move with their row";
  EXPECT_EQ(queue.pop()->rows.row(0).flow.packets, 11u);
  EXPECT_FALSE(queue.pop()->overload);
  EXPECT_EQ(queue.stats().rows_coalesced, 1u);
}

TEST(RowQueue, a_row_that_overtakes_another_takes_over_its_news) {
  RowQueue queue(3, RowQueue::WhenFull::coalesce);
  features::Row first = row_of(1, RowKind::interim, 10);
  first.news = {
      .packets = {7, 3}, .payload_bytes = {100, 0}, .first = true, .starts = true, .closes = false, .opens = 1};
  queue.push(batch_of({first, row_of(2, RowKind::interim, 20)}));
  queue.push(batch_of({row_of(1, RowKind::interim, 11)}));
  queue.push(batch_of({row_of(3, RowKind::interim, 1)}));
  queue.pop();
  const features::RowNews news = queue.pop()->rows.row(0).news;
  EXPECT_EQ(news.packets[0], 8u);
  EXPECT_EQ(news.packets[1], 3u);
  EXPECT_EQ(news.payload_bytes[0], 100u);
  EXPECT_TRUE(news.first && news.starts);
  EXPECT_EQ(news.opens, 1);
}

TEST(RowQueue, a_final_row_without_news_overtakes_no_row_since_it_has_no_values) {
  RowQueue queue(2, RowQueue::WhenFull::coalesce);
  features::Row last = row_of(1, RowKind::final, 10);
  last.news = {};
  queue.push(batch_of({row_of(1, RowKind::interim, 10), last}));
  queue.push(batch_of({row_of(2, RowKind::interim, 1)}));
  EXPECT_EQ(queue.pop()->rows.size(), 2u);
  EXPECT_EQ(queue.stats().rows_coalesced, 0u);
}

TEST(RowQueue, a_final_row_is_never_coalesced_away) {
  RowQueue queue(2, RowQueue::WhenFull::coalesce);
  queue.push(batch_of({row_of(1, RowKind::final, 1), row_of(1, RowKind::final, 2)}));
  queue.push(batch_of({row_of(1, RowKind::interim, 3)}));
  EXPECT_EQ(queue.pop()->rows.size(), 2u);
  EXPECT_EQ(queue.stats().rows_coalesced, 0u);
}

TEST(RowQueue, what_does_not_fit_goes_on_marked_as_overload) {
  RowQueue queue(1, RowQueue::WhenFull::coalesce);
  queue.push(batch_of({row_of(1, RowKind::final, 1)}));
  queue.push(batch_of({row_of(2, RowKind::final, 2), row_of(3, RowKind::final, 3)}));
  EXPECT_FALSE(queue.pop()->overload);
  EXPECT_TRUE(queue.pop()->overload);
  EXPECT_EQ(queue.stats().rows_overload, 2u);
}

TEST(RowQueue, a_file_reader_waits_for_room_and_nothing_is_lost) {
  constexpr int kBatches = 500;
  RowQueue queue(4, RowQueue::WhenFull::wait);
  std::thread producer([&] {
    for (int i = 0; i < kBatches; ++i) {
      queue.push(batch_of({row_of(1, RowKind::interim, 1), row_of(1, RowKind::final, 2)}));
    }
    queue.close();
  });
  std::size_t rows = 0;
  while (auto batch = queue.pop()) {
    rows += batch->rows.size();
    queue.done(std::move(*batch));
  }
  producer.join();
  EXPECT_EQ(rows, 2u * kBatches);
  EXPECT_EQ(queue.stats().rows_pushed, rows);
  EXPECT_EQ(queue.stats().rows_coalesced, 0u);
}

TEST(RowQueue, rows_that_were_taken_out_count_until_they_are_done) {
  RowQueue queue(2, RowQueue::WhenFull::coalesce);
  queue.push(batch_of({row_of(1, RowKind::final, 1), row_of(2, RowKind::final, 2)}));
  auto taken = queue.pop();
  EXPECT_EQ(queue.stats().rows, 2u);
  queue.push(batch_of({row_of(3, RowKind::final, 3)}));
  auto no_room = queue.pop();
  EXPECT_TRUE(no_room->overload);
  queue.done(std::move(*no_room));
  queue.done(std::move(*taken));
  EXPECT_EQ(queue.stats().rows, 0u);
  queue.push(batch_of({row_of(4, RowKind::final, 4)}));
  EXPECT_FALSE(queue.pop()->overload);
}

TEST(RowQueue, a_file_reader_waits_also_for_rows_that_were_taken_out) {
  RowQueue queue(1, RowQueue::WhenFull::wait);
  queue.push(batch_of({row_of(1, RowKind::final, 1)}));
  auto taken = queue.pop();
  std::atomic<bool> pushed = false;
  std::thread producer([&] {
    queue.push(batch_of({row_of(2, RowKind::final, 2)}));
    pushed = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(pushed);
  queue.done(std::move(*taken));
  producer.join();
  EXPECT_TRUE(pushed);
}

TEST(RowQueue, the_memory_of_a_batch_that_is_done_serves_the_next_rows) {
  RowQueue queue(9, RowQueue::WhenFull::wait);
  queue.push(batch_of({row_of(1, RowKind::final, 1)}));
  auto batch = queue.pop();
  batch->rows.last_of_tick = true;
  const float* memory = batch->rows.values().data();
  queue.done(std::move(*batch));
  features::FeatureBatch again = queue.spare();
  EXPECT_TRUE(again.empty());
  EXPECT_FALSE(again.last_of_tick);
  EXPECT_EQ(again.add(row_of(2, RowKind::final, 2)).data(), memory);
  EXPECT_TRUE(queue.spare().empty()) << "with memory of its own";
}

}  // namespace
}  // namespace weir::pipeline
