// SPDX-License-Identifier: Apache-2.0
// BatchWriter: from the scoring thread to the store, so that a slow or absent database never holds up scoring and nothing
// is lost.
//
//   submit() ──queue──▶ worker: merge, batch ──▶ store
//       │                             │  ▲
//       └── queue full ──▶ spool ◀────┘  └── read back, oldest first, when the store answers again
//
// The ladder, one rung after the other, each visible in report():
//   1. A batch is written when it has batch_rows detections or is longest_delay old.
//   2. The store fails: the batch goes to the spool, and so do the following ones until the store, tried again after
//      first_retry, twice that, ... last_retry, takes one.
//   3. The queue stays full for room_wait (a store that neither fails nor answers): submit() writes to the spool itself.
//   4. The spool is full or cannot be written: submit() waits. Back-pressure, never loss.
// At every moment submitted = stored + spooled + queued + lost, in rows as they were submitted; `lost` is 0 unless a
// batch in the spool was damaged, or the writer was stopped while neither store nor spool took what was left.
//
// submit(), report() and flush() may be called from any thread; stop() once. One worker thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "store/detection_store.h"
#include "store/pending_batch.h"
#include "store/spool.h"

namespace weir::store {

struct WriterConfig {
  std::size_t batch_rows = 1000;
  std::chrono::milliseconds longest_delay{250};
  std::size_t queue_batches = 16;  // of at most batch_rows each
  std::chrono::milliseconds room_wait{2000};
  std::chrono::milliseconds first_retry{500};
  std::chrono::milliseconds last_retry{30'000};
};

struct WriterReport {
  std::uint64_t submitted = 0;
  std::uint64_t stored = 0;
  std::uint64_t spooled = 0;     // waiting on disk
  std::uint64_t queued = 0;      // waiting in memory
  std::uint64_t lost = 0;
  std::uint64_t recovered = 0;   // rows of earlier runs that this one has stored; not part of the sum above
  std::uint64_t to_recover = 0;  // rows of earlier runs that wait in the spool
  bool ok = true;                // both the store and the spool take what they are given
  std::string last_error;        // why not, in a sentence; stays when it is ok again
  std::optional<std::chrono::system_clock::time_point> away_since;  // of the store
};

class BatchWriter {
 public:
  // Called by the worker with what was just stored, rows of one flow merged, and the incidents that this changed. Must
  // not block for long.
  using AfterWrite =
      std::function<void(const std::vector<alerting::Detection>&, const std::vector<alerting::Incident>&)>;

  // The store and the spool must outlive the writer.
  BatchWriter(DetectionStore& store, Spool& spool, WriterConfig config = {}, AfterWrite after_write = {});
  // Stops as stop(8 s) unless it is stopped.
  ~BatchWriter();

  void submit(std::vector<alerting::Detection>&& detections);
  void submit(ThroughputSample sample);

  // Waits until all that was submitted is stored or spooled; false when the time is over first.
  bool flush(std::chrono::milliseconds timeout);

  // For who must know when what it submitted is safe: a ticket for all that was submitted until now (by the thread that asks),
  // and whether that is stored or spooled. Cheap; any thread.
  std::uint64_t ticket() const;
  bool is_settled(std::uint64_t ticket) const;

  // Writes what is left, and what the store does not take within `deadline` to the spool. What is submitted later goes
  // to the spool. The second call does nothing.
  WriterReport stop(std::chrono::milliseconds deadline);

  WriterReport report() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Place { store, spool, nowhere };

  void submit(WriteBatch&& batch);
  void spool_or_wait(WriteBatch&& batch);
  bool to_spool(const WriteBatch& batch, std::uint64_t rows);
  void settle(std::uint64_t rows, std::uint64_t samples, Place place);

  void work();
  bool take_more();
  void place_the_rest();
  bool is_due() const;
  bool place_pending();
  bool settle_pending(Place place);
  std::chrono::milliseconds patience() const;
  bool store_may_be_tried() const;
  bool to_store(const WriteBatch& batch);
  void store_failed(const base::Error& error);
  void read_back_one();
  void tidy_incidents();
  void wait_for_room();
  bool stopping() const;

  DetectionStore& store_;
  Spool& spool_;
  const WriterConfig config_;
  const AfterWrite after_write_;

  base::BoundedQueue<WriteBatch> queue_;
  // Hints between the threads; each may come late without harm.
  std::atomic<bool> queue_stuck_ = false;    // submit() waited in vain; cleared when the worker takes a batch
  std::atomic<bool> spool_has_more_ = true;  // something may be read back
  std::atomic<bool> hurry_ = false;          // the deadline of stop() is over: no more tries of the store

  // Of the worker.
  PendingBatch pending_;
  std::optional<std::chrono::milliseconds> retry_delay_;  // set while the store is away
  Clock::time_point next_try_;
  Clock::time_point next_tidy_;

  // The counts change together, or their sum would not hold: one mutex, taken a few times a batch.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WriterReport counts_;
  std::uint64_t settled_in_order_ = 0;  // of those that went through the queue
  std::uint64_t waiting_ = 0;           // detections and samples that are in memory only
  bool spool_ok_ = true;
  bool stopping_ = false;
  bool worker_done_ = false;

  std::thread worker_;  // last: it uses all of the above
};

}  // namespace weir::store
