// SPDX-License-Identifier: Apache-2.0
#include "sinks/outlet.h"

#include <algorithm>
#include <utility>

#include "sinks/record_frame.h"

namespace weir::sinks {

Outlet::Outlet(OutletConfig config, std::unique_ptr<base::RecordSpool> spool, std::unique_ptr<Sender> sender,
               Rendering rendering, OnChange on_change)
    : config_(std::move(config)),
      spool_(std::move(spool)),
      sender_(std::move(sender)),
      rendering_(std::move(rendering)),
      on_change_(std::move(on_change)),
      queue_(config_.queue_batches),
      keeper_([this] { keep_all(); }),
      sending_([this] { send_all(); }) {}

Outlet::~Outlet() { stop(std::chrono::milliseconds(0)); }

void Outlet::tell(std::vector<Event> events) {
  std::unordered_set<std::size_t> hashes;
  bool stuck = false;
  {
    std::lock_guard lock(mutex_);
    // What is found twice in one call is known only after it is remembered, which waits for the queue's room.
    std::erase_if(events, [&](const Event& event) {
      const std::size_t hash = std::hash<std::string>()(event.key);
      return told_.contains(hash) || !hashes.insert(hash).second;
    });
    if (events.empty()) return;
    counts_.told += events.size();
    counts_.waiting += events.size();
    ++pushed_;
    stuck = queue_stuck_;
  }
  const bool has_room = stuck ? queue_.try_push(events) : queue_.push_for(events, config_.room_wait);
  std::lock_guard lock(mutex_);
  queue_stuck_ = !has_room;
  if (!has_room) {
    --pushed_;
    counts_.waiting -= events.size();
    counts_.dropped += events.size();
    return;  // not remembered: a flow that is heard of again is told then
  }
  for (const std::size_t hash : hashes) {
    if (told_.insert(hash).second) told_order_.push_back(hash);
  }
  for (; told_order_.size() > kToldEvents; told_order_.pop_front()) told_.erase(told_order_.front());
}

void Outlet::mark() {
  std::lock_guard lock(mutex_);
  mark_ = pushed_;
}

bool Outlet::is_settled() const {
  std::lock_guard lock(mutex_);
  return kept_ >= mark_;
}

void Outlet::keep_all() {
  while (auto events = queue_.pop()) {
    std::uint64_t batches = 1;
    while (events->size() < config_.most_records) {
      auto more = queue_.try_pop();
      if (!more) break;
      std::ranges::move(*more, std::back_inserter(*events));
      ++batches;
    }
    keep(*events);
    std::lock_guard lock(mutex_);
    kept_ += batches;
  }
}

void Outlet::keep(const std::vector<Event>& events) {
  std::vector<Record> records;
  std::size_t bytes = 0;
  for (const Event& event : events) {
    records.push_back({event.key, rendering_(event)});
    bytes += records.back().text.size();
    if (records.size() < config_.most_records && bytes < config_.most_bytes) continue;
    keep(std::exchange(records, {}));
    bytes = 0;
  }
  if (!records.empty()) keep(std::move(records));
}

void Outlet::keep(std::vector<Record> records) {
  const auto appended = spool_->append(to_bytes(records), records.size());
  note_disk(appended ? nullptr : &appended.error());
  std::lock_guard lock(mutex_);
  const bool to_memory = !appended && memory_.size() < kMemoryFrames;
  if (to_memory) {
    memory_.push_back({.records = std::move(records), .in_spool = false});
  } else if (!appended || !*appended) {
    counts_.waiting -= records.size();
    counts_.dropped += records.size();
    return;
  }
  kept_more_ = true;
  changed_.notify_all();
}

void Outlet::send_all() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (hurry_) break;
    }
    if (!frame_ && !load_frame()) {
      if (!wait_for_more()) break;
      continue;
    }
    const std::span<const Record> rest = std::span(frame_->records).subspan(frame_->next);
    const SendResult result = sender_->send(rest);
    settle(result, rest.size());
    if (frame_->next == frame_->records.size()) {
      finish_frame();
    } else if (!result.hopeless && !failed_and_may_retry(result)) {
      break;
    }
  }
  std::lock_guard lock(mutex_);
  sender_done_ = true;
  changed_.notify_all();
}

// What an earlier run and the disk have comes first.
bool Outlet::load_frame() {
  {
    std::lock_guard lock(mutex_);
    kept_more_ = false;
  }
  if (load_from_spool()) return true;
  std::lock_guard lock(mutex_);
  if (memory_.empty()) return false;
  frame_ = std::move(memory_.front());
  memory_.pop_front();
  return true;
}

bool Outlet::load_from_spool() {
  while (true) {
    const auto oldest = spool_->oldest();
    if (!oldest) note_disk(&oldest.error());
    if (!oldest || !*oldest) return false;
    auto records = records_of((*oldest)->payload);
    if (records) {
      frame_ = Frame{.records = std::move(*records), .from_earlier_run = (*oldest)->from_earlier_run};
      return true;
    }
    spool_->give_up_oldest(records.error().message());
  }
}

void Outlet::settle(const SendResult& result, std::size_t tried) {
  const std::size_t sent = std::min(result.sent, tried);
  const bool refused = result.hopeless && sent < tried;
  frame_->next += sent + refused;
  if (!result.error || refused) note_receiver(nullptr);
  std::lock_guard lock(mutex_);
  if (result.error) counts_.last_error = result.error->message();
  if (frame_->from_earlier_run) {
    counts_.sent_of_earlier += sent;
    return;
  }
  counts_.waiting -= sent + refused;
  counts_.sent += sent;
  counts_.refused += refused;
}

void Outlet::finish_frame() {
  if (frame_->in_spool) spool_->release_oldest();
  frame_.reset();
  pause_ = std::chrono::milliseconds(0);
}

// Waits for the time of the next try. False: there will be none.
bool Outlet::failed_and_may_retry(const SendResult& result) {
  if (!result.error && result.sent > 0) return true;  // it will take the rest
  if (result.sent > 0) pause_ = std::chrono::milliseconds(0);
  const base::Error error = result.error.value_or(base::Error("the receiver took nothing"));
  note_receiver(&error);
  const auto pause = next_pause(result);
  std::unique_lock lock(mutex_);
  if (stopping_) return false;
  changed_.wait_for(lock, pause, [this] { return stopping_; });
  return true;  // a stop asks for one last try
}

std::chrono::milliseconds Outlet::next_pause(const SendResult& result) {
  if (result.retry_after) return std::clamp(*result.retry_after, config_.first_retry, config_.longest_asked_pause);
  pause_ = std::clamp(pause_ * 2, config_.first_retry, config_.last_retry);
  std::uniform_real_distribution<double> part(0.75, 1.25);
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(pause_.count()) * part(chance_)));
}

// False when the run is over. A disk that could not be read is asked again after a while.
bool Outlet::wait_for_more() {
  std::unique_lock lock(mutex_);
  if (stopping_ && !kept_more_) return false;
  const auto is_time = [this] { return kept_more_ || stopping_; };
  if (disk_error_.empty()) {
    changed_.wait(lock, is_time);
  } else {
    changed_.wait_for(lock, config_.first_retry, is_time);
  }
  return true;
}

void Outlet::note_receiver(const base::Error* error) {
  std::unique_lock lock(mutex_);
  const bool was_well = receiver_error_.empty();
  receiver_error_ = error ? error->message() : "";
  if (error) counts_.last_error = receiver_error_;
  if (was_well == receiver_error_.empty()) return;
  if (error) {
    counts_.away_since = std::chrono::system_clock::now();
  } else {
    counts_.away_since.reset();
  }
  lock.unlock();
  if (!on_change_) return;
  on_change_("sink " + config_.name + ": " + (error ? error->message() + "; trying again" : "takes events again"));
}

void Outlet::note_disk(const base::Error* error) {
  std::unique_lock lock(mutex_);
  const bool was_well = disk_error_.empty();
  disk_error_ = error ? error->message() : "";
  if (error) counts_.last_error = disk_error_;
  if (was_well == disk_error_.empty()) return;
  lock.unlock();
  if (!on_change_) return;
  on_change_("sink " + config_.name + ": " +
             (error ? error->message() + "; what is new waits in memory" : "its spool can be written again"));
}

void Outlet::stop(std::chrono::milliseconds deadline) {
  if (!sending_.joinable()) return;
  const auto give_up_at = Clock::now() + deadline;
  queue_.close();
  keeper_.join();
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait_until(lock, give_up_at, [this] { return sender_done_; });
  hurry_ = true;
  while (!changed_.wait_for(lock, std::chrono::milliseconds(50), [this] { return sender_done_; })) {
    lock.unlock();
    sender_->interrupt();
    lock.lock();
  }
  lock.unlock();
  sending_.join();
  // Of what is in memory only, nothing is left for the next start.
  lock.lock();
  if (frame_ && !frame_->in_spool) memory_.push_back(std::move(*frame_));
  for (const Frame& frame : memory_) {
    counts_.waiting -= frame.records.size() - frame.next;
    counts_.dropped += frame.records.size() - frame.next;
  }
  memory_.clear();
}

OutletReport Outlet::report() const {
  const base::SpoolReport spool = spool_->report();  // which may wait for the disk, and must not make tell() wait
  std::lock_guard lock(mutex_);
  OutletReport report = counts_;
  report.name = config_.name;
  report.receiver = config_.receiver;
  report.lost = std::min(spool.rows_lost, report.waiting);
  report.waiting -= report.lost;
  report.waiting_of_earlier = spool.rows_of_earlier_runs;
  report.spool_bytes = spool.bytes;
  report.ok = receiver_error_.empty() && disk_error_.empty();
  return report;
}

}  // namespace weir::sinks
