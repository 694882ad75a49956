// SPDX-License-Identifier: Apache-2.0
#include "api/event_hub.h"

#include <charconv>
#include <random>

#include <fmt/format.h>

#include "api/incident_json.h"
#include "api/json.h"

namespace weir::api {

std::string event_frame(std::string_view id, std::string_view kind, std::string_view data) {
  std::string frame;
  frame.reserve(id.size() + kind.size() + data.size() + 24);
  if (!id.empty()) frame.append("id: ").append(id).append("\n");
  return frame.append("event: ").append(kind).append("\ndata: ").append(data).append("\n\n");
}

std::uint64_t EventHub::random_epoch() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

std::string EventHub::id_of(std::uint64_t number) const { return fmt::format("{:016x}-{}", epoch_, number); }

void EventHub::publish(const alerting::Detection& detection) {
  is_heard() ? publish("detection", detection_json(detection)) : skip_one();
}

void EventHub::publish(const store::ThroughputSample& sample) {
  is_heard() ? publish("throughput", throughput_point_json(sample)) : skip_one();
}

void EventHub::publish(const alerting::Incident& incident) {
  is_heard() ? publish("incident", incident_json(incident)) : skip_one();
  if (on_incident_) on_incident_(incident);
}

bool EventHub::is_heard() const {
  std::lock_guard lock(mutex_);
  return last_heard_ && Clock::now() - *last_heard_ < capacity_.unheard;
}

// Who was here before it finds a gap.
void EventHub::skip_one() {
  std::lock_guard lock(mutex_);
  first_ += frames_.size() + 1;
  frames_.clear();
  bytes_ = 0;
}

void EventHub::publish(std::string_view kind, std::string_view json) {
  std::lock_guard lock(mutex_);
  frames_.push_back(event_frame(id_of(first_ + frames_.size()), kind, json));
  bytes_ += frames_.back().size();
  while (frames_.size() > capacity_.events || bytes_ > capacity_.bytes) {
    bytes_ -= frames_.front().size();
    frames_.pop_front();
    ++first_;
  }
}

std::uint64_t EventHub::end() const {
  std::lock_guard lock(mutex_);
  last_heard_ = Clock::now();
  return first_ + frames_.size();
}

std::optional<std::uint64_t> EventHub::position_after(std::string_view last_event_id) const {
  const std::string prefix = fmt::format("{:016x}-", epoch_);
  if (!last_event_id.starts_with(prefix)) return std::nullopt;
  last_event_id.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const char* end = last_event_id.data() + last_event_id.size();
  const auto [stop, error] = std::from_chars(last_event_id.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;

  std::lock_guard lock(mutex_);
  last_heard_ = Clock::now();
  const std::uint64_t end_number = first_ + frames_.size();
  if (number >= end_number || number + 1 < first_) return std::nullopt;
  return number + 1;
}

EventHub::Batch EventHub::read(std::uint64_t position) const {
  std::lock_guard lock(mutex_);
  last_heard_ = Clock::now();
  const std::uint64_t end_number = first_ + frames_.size();
  if (position < first_) return {.frames = reset_frame(end_number), .next = end_number};
  Batch batch{.frames = {}, .next = position};
  for (; batch.next < end_number; ++batch.next) {
    const std::string& frame = frames_[batch.next - first_];
    if (!batch.frames.empty() && batch.frames.size() + frame.size() > kMaxBatchBytes) break;
    batch.frames += frame;
  }
  return batch;
}

std::string EventHub::reset_frame(std::uint64_t position) const {
  // The id makes a client that comes back later go on from here; there is none before the first event.
  return event_frame(position == 0 ? "" : id_of(position - 1), "reset", R"({"reason":"events were missed"})");
}

}  // namespace weir::api
