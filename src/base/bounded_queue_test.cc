// SPDX-License-Identifier: Apache-2.0
#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace weir::base {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, a_full_queue_refuses_and_leaves_the_value_with_its_owner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.try_push(first));
  EXPECT_FALSE(queue.try_push(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(**queue.pop(), 1);
}

TEST(BoundedQueue, waiting_for_room_ends_in_time_and_leaves_the_value_with_its_owner) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.push_for(first, 1ms));
  EXPECT_FALSE(queue.push_for(second, 1ms));
  ASSERT_NE(second, nullptr);
  std::thread consumer([&] { queue.pop(); });
  EXPECT_TRUE(queue.push_for(second, 10s));
  consumer.join();
}

TEST(BoundedQueue, what_was_queued_before_the_close_can_still_be_taken) {
  BoundedQueue<int> queue(4);
  queue.push(1);
  queue.push(2);
  queue.close();
  EXPECT_FALSE(queue.push(3));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_FALSE(queue.drained());
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_TRUE(queue.drained());
}

TEST(BoundedQueue, waiting_without_a_value_ends_in_time) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.pop_for(1ms), std::nullopt);
  EXPECT_FALSE(queue.drained());
}

TEST(BoundedQueue, nothing_is_lost_between_several_producers_and_consumers) {
  constexpr int kProducers = 3, kConsumers = 2, kEach = 5000;
  BoundedQueue<int> queue(8);
  std::vector<long> sums(kConsumers);
  std::vector<std::thread> consumers, producers;
  for (int c = 0; c < kConsumers; ++c) {
    consumers.emplace_back([&, c] {
      while (auto value = queue.pop()) sums[c] += *value;
    });
  }
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&] {
      for (int i = 1; i <= kEach; ++i) queue.push(i);
    });
  }
  for (auto& t : producers) t.join();
  queue.close();
  for (auto& t : consumers) t.join();
  EXPECT_EQ(sums[0] + sums[1], static_cast<long>(kProducers) * kEach * (kEach + 1) / 2);
}

TEST(BoundedQueue, closing_wakes_a_producer_that_waits_for_room) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  std::thread producer([&] { EXPECT_FALSE(queue.push(2)); });
  std::this_thread::sleep_for(5ms);
  queue.close();
  producer.join();
}

}  // namespace
}  // namespace weir::base
