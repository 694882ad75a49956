// SPDX-License-Identifier: Apache-2.0
// ResourcePool<T>: a bounded number of connections, lent one at a time.
//
// Any thread may borrow(). A Lease gives its resource back when it goes; a broken one is closed instead, and its place is
// filled by the next borrower. Leases must not outlive the pool. One mutex, taken twice a query: a queue would need a
// thread to serve it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"

namespace weir::store {

template <class T>
class ResourcePool {
 public:
  using Open = std::function<base::Result<std::unique_ptr<T>>()>;

  class Lease {
   public:
    Lease(ResourcePool& pool, std::unique_ptr<T> resource) : pool_(&pool), resource_(std::move(resource)) {}
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), resource_(std::move(other.resource_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_) pool_->give_back(std::move(resource_));
    }

    T* operator->() const { return resource_.get(); }
    T& operator*() const { return *resource_; }
    void close_as_broken() { resource_.reset(); }

   private:
    ResourcePool* pool_;
    std::unique_ptr<T> resource_;
  };

  // `open` makes a resource when one is asked for and none is idle; it may be called from several threads at once.
  ResourcePool(std::size_t size, std::chrono::milliseconds longest_wait, Open open)
      : longest_wait_(longest_wait), open_(std::move(open)), places_(size) {}

  // Waits for a free place. An error: none came in time, or a new resource could not be opened.
  base::Result<Lease> borrow() {
    std::unique_ptr<T> resource;
    {
      std::unique_lock lock(mutex_);
      if (!free_place_.wait_for(lock, longest_wait_, [this] { return places_ > 0; })) {
        return base::fail("all connections are busy");
      }
      --places_;
      if (!idle_.empty()) {
        resource = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!resource) {
      auto opened = open_();
      if (!opened) {
        give_back(nullptr);
        return base::fail(opened.error());
      }
      resource = std::move(*opened);
    }
    return Lease(*this, std::move(resource));
  }

  // Closes what is idle: after one connection was lost, the others are suspect.
  void close_idle() {
    std::vector<std::unique_ptr<T>> closing;
    std::lock_guard lock(mutex_);
    closing.swap(idle_);
  }

 private:
  void give_back(std::unique_ptr<T> resource) {
    {
      std::lock_guard lock(mutex_);
      ++places_;
      if (resource) idle_.push_back(std::move(resource));
    }
    free_place_.notify_one();
  }

  const std::chrono::milliseconds longest_wait_;
  const Open open_;
  std::mutex mutex_;
  std::condition_variable free_place_;
  std::size_t places_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace weir::store
