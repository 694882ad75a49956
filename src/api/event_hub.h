// SPDX-License-Identifier: Apache-2.0
// EventHub: what happens, told to everyone who listens, and kept for a while for those who come back.
//
// Publishers (the store thread, after a write) append to one bounded ring; a listener is nothing but a position in it, so
// memory is the same for no listener and for sixty, and a slow one can neither delay a publisher nor grow a queue: when
// the ring has moved past its position it is told to start over (`reset`). While nobody listens events are only numbered, not
// written out: that would take as long as storing them. Any thread; one mutex, held for a copy of at most kMaxBatchBytes:
// publishers come per batch and tick, listeners ten times a second, so a lock-free ring earns nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "alerting/detection.h"
#include "alerting/incident.h"
#include "store/detection_store.h"

namespace weir::api {

class EventHub {
 public:
  static constexpr std::size_t kMaxBatchBytes = 64 * 1024;

  struct Capacity {
    std::size_t events = 8192;
    std::size_t bytes = 8 * 1024 * 1024;
    std::chrono::steady_clock::duration unheard = std::chrono::minutes(2);  // kept so long for the last who listened
  };

  explicit EventHub(Capacity capacity) : EventHub(capacity, random_epoch()) {}
  EventHub() : EventHub(Capacity{}) {}
  EventHub(Capacity capacity, std::uint64_t epoch) : capacity_(capacity), epoch_(epoch) {}

  void publish(const alerting::Detection& detection);
  void publish(const store::ThroughputSample& sample);
  void publish(const alerting::Incident& incident);
  // Called by publish(), on its thread, with each incident; must not block. Set before anything is published.
  void on_incident(std::function<void(const alerting::Incident&)> listener) { on_incident_ = std::move(listener); }
  // `json` is one line. An event larger than the whole ring is replaced by a gap: its listeners get a reset.
  void publish(std::string_view kind, std::string_view json);

  // The number of the next event to come: where a new listener starts.
  std::uint64_t end() const;

  // Where the sender of this Last-Event-ID goes on; nothing when what it missed is no longer here (or never was: the id
  // is of another run of weir).
  std::optional<std::uint64_t> position_after(std::string_view last_event_id) const;

  struct Batch {
    std::string frames;      // server-sent events, ready to be written; empty: nothing new
    std::uint64_t next = 0;  // where to read on
  };
  // What came since. When events at the position are gone, one `reset` event, and `next` is the end.
  Batch read(std::uint64_t position) const;

  // "Events were missed: what you hold may be out of date. It goes on from `position`."
  std::string reset_frame(std::uint64_t position) const;

 private:
  using Clock = std::chrono::steady_clock;

  static std::uint64_t random_epoch();
  bool is_heard() const;
  void skip_one();
  std::string id_of(std::uint64_t number) const;

  const Capacity capacity_;
  const std::uint64_t epoch_;  // tells the ids of two runs apart
  std::function<void(const alerting::Incident&)> on_incident_;

  mutable std::mutex mutex_;
  mutable std::optional<Clock::time_point> last_heard_;
  std::deque<std::string> frames_;
  std::size_t bytes_ = 0;
  std::uint64_t first_ = 0;  // number of frames_.front()
};

// One server-sent event; `id` may be empty. Neither `kind` nor `data` may hold a line break.
std::string event_frame(std::string_view id, std::string_view kind, std::string_view data);

}  // namespace weir::api
