// SPDX-License-Identifier: Apache-2.0
// Outlet: from the pipeline to one sink, so that a slow or absent receiver holds up nothing and loses nothing.
//
//   tell() ──queue──▶ keeper: render, write ──▶ spool on disk ──▶ sender: send, confirm, release ──▶ receiver
//
// The ladder, one rung after the other, each visible in report():
//   1. What is told waits in memory for a moment, until the keeper has it on the disk. From then on a kill loses nothing.
//   2. The receiver fails: what it did not confirm is sent again after first_retry, twice that, ... last_retry (with some
//      chance in it, so that many sensors do not come back as one), or after the pause that it asked for.
//   3. The receiver refuses a record for good: that one is skipped and counted as refused.
//   4. The spool is full: what is new is dropped and counted. The oldest stays, for it tells how an attack began.
//   5. The disk fails: what is new waits in memory, kMemoryFrames of it; beyond that, and at a stop, it is dropped and counted.
//   6. The disk hangs and the queue is full: tell() waits room_wait, and not at all while it stays full; what found no room
//      is dropped and counted.
// At every moment told = sent + waiting + refused + dropped + lost. An event is told once: repetitions are known by their key,
// of the last kToldEvents. A receiver may get a record twice: after a kill, or when its confirmation was lost; the key is the same.
//
// tell() and report() from any thread; stop() once. Two threads of its own: the receiver is waited for on the sender's only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/bounded_queue.h"
#include "base/record_spool.h"
#include "sinks/event.h"
#include "sinks/sender.h"

namespace weir::sinks {

// An event in the form of a kind of sink.
using Rendering = std::function<std::string(const Event&)>;

struct OutletConfig {
  std::string name = {};                                  // as a user knows it
  std::string receiver = {};                              // "EVE file /var/log/weir/eve.json"; no secrets
  std::size_t queue_batches = 64;                         // of what one slice of flows tells
  std::chrono::milliseconds room_wait{250};
  std::chrono::milliseconds first_retry{500}, last_retry{30'000}, longest_asked_pause{600'000};
  std::size_t most_records = 500, most_bytes = 1u << 20;  // that are sent at once
};

struct OutletReport {
  std::string name, receiver;
  std::uint64_t told = 0;
  std::uint64_t sent = 0;
  std::uint64_t waiting = 0;                                        // in memory or on disk
  std::uint64_t refused = 0;                                        // by the receiver, for good
  std::uint64_t dropped = 0;                                        // neither spool nor queue had room
  std::uint64_t lost = 0;                                           // damaged on the disk
  std::uint64_t sent_of_earlier = 0;                                // of earlier runs; not part of the sum
  std::uint64_t waiting_of_earlier = 0;
  std::uint64_t spool_bytes = 0;
  bool ok = true;                                                   // receiver and disk take what they are given
  std::string last_error;                                           // why not; stays when it is ok again
  std::optional<std::chrono::system_clock::time_point> away_since;  // of the receiver
};

class Outlet {
 public:
  static constexpr std::size_t kToldEvents = 100'000, kMemoryFrames = 16;

  // Called by the outlet's threads with a sentence: when something begins to fail, and when it goes again.
  using OnChange = std::function<void(const std::string&)>;

  Outlet(OutletConfig config, std::unique_ptr<base::RecordSpool> spool, std::unique_ptr<Sender> sender,
         Rendering rendering, OnChange on_change = {});
  ~Outlet();  // stops as stop(0)

  void tell(std::vector<Event> events);

  // For who must know when what it told is safe: mark() remembers all that was told until now, is_settled() says whether that is
  // on the disk, or given up. One mark at a time.
  void mark();
  bool is_settled() const;

  // What waits is sent within `deadline`, as long as the receiver takes it; the rest stays on the disk for the next start.
  void stop(std::chrono::milliseconds deadline);

  OutletReport report() const;

 private:
  using Clock = std::chrono::steady_clock;
  // Records that are written, read and released together.
  struct Frame {
    std::vector<Record> records;
    std::size_t next = 0;
    bool in_spool = true, from_earlier_run = false;
  };

  // keeper
  void keep_all();
  void keep(const std::vector<Event>& events);
  void keep(std::vector<Record> records);
  // sender
  void send_all();
  bool load_frame();
  bool load_from_spool();
  void settle(const SendResult& result, std::size_t tried);
  void finish_frame();
  bool failed_and_may_retry(const SendResult& result);
  bool wait_for_more();
  std::chrono::milliseconds next_pause(const SendResult& result);
  void note_receiver(const base::Error* error);
  void note_disk(const base::Error* error);

  const OutletConfig config_;
  const std::unique_ptr<base::RecordSpool> spool_;
  const std::unique_ptr<Sender> sender_;
  const Rendering rendering_;  // of the keeper
  const OnChange on_change_;
  base::BoundedQueue<std::vector<Event>> queue_;

  // Of the sender.
  std::optional<Frame> frame_;          // in hand
  std::chrono::milliseconds pause_{0};  // until the next try
  std::minstd_rand chance_{std::random_device{}()};

  // The counts change together, or their sum would not hold: taken a few times a batch.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  OutletReport counts_;                             // without what the spool reports
  std::unordered_set<std::size_t> told_;            // hashes of keys
  std::deque<std::size_t> told_order_;
  bool queue_stuck_ = false;
  std::uint64_t pushed_ = 0, kept_ = 0, mark_ = 0;  // batches of the queue
  bool kept_more_ = true;                           // the sender should look
  std::deque<Frame> memory_;                        // what the disk did not take
  std::string receiver_error_, disk_error_;         // now; empty: none
  bool stopping_ = false, hurry_ = false, sender_done_ = false;

  std::thread keeper_, sending_;                    // last: they use all of the above
};

}  // namespace weir::sinks
