// SPDX-License-Identifier: Apache-2.0
#include "store/resource_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::store {
namespace {

using namespace std::chrono_literals;
using Pool = ResourcePool<int>;

Pool::Open counting(std::atomic<int>& opened) {
  return [&opened] { return base::Result<std::unique_ptr<int>>(std::make_unique<int>(++opened)); };
}

TEST(ResourcePool, a_resource_is_opened_when_first_needed_and_lent_again_later) {
  std::atomic<int> opened = 0;
  Pool pool(2, 1ms, counting(opened));
  EXPECT_EQ(opened, 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(**pool.borrow(), 1);
  EXPECT_EQ(opened, 1);
}

TEST(ResourcePool, no_more_are_lent_than_there_are_places) {
  std::atomic<int> opened = 0;
  Pool pool(1, 1ms, counting(opened));
  const auto first = pool.borrow();
  const auto second = pool.borrow();
  ASSERT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "all connections are busy");
}

TEST(ResourcePool, a_broken_resource_is_replaced) {
  std::atomic<int> opened = 0;
  Pool pool(1, 1ms, counting(opened));
  pool.borrow()->close_as_broken();
  EXPECT_EQ(**pool.borrow(), 2);
}

TEST(ResourcePool, a_resource_that_cannot_be_opened_gives_its_place_back) {
  Pool pool(1, 1ms, [] { return base::Result<std::unique_ptr<int>>(base::fail("no such thing")); });
  for (int i = 0; i < 2; ++i) EXPECT_EQ(pool.borrow().error().message(), "no such thing");
}

TEST(ResourcePool, many_threads_share_few_resources) {
  std::atomic<int> opened = 0, inside = 0, most = 0;
  Pool pool(3, 10s, counting(opened));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto lease = pool.borrow();
        ASSERT_TRUE(lease);
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_LE(opened, 3);
}

}  // namespace
}  // namespace weir::store
