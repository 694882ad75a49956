// SPDX-License-Identifier: Apache-2.0
#include "store/batch_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::store {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopAtDestruction{8000};
constexpr milliseconds kIdle{1000};   // how long the worker sleeps when there is nothing to wait for
constexpr milliseconds kTidy{5000};   // between two looks for incidents that are to be summed anew
constexpr milliseconds kNoRoom{100};  // between two tries when neither store nor spool has room

milliseconds until(std::chrono::steady_clock::time_point time) {
  const auto left = std::chrono::ceil<milliseconds>(time - std::chrono::steady_clock::now());
  return std::max(left, milliseconds(0));
}

}  // namespace

BatchWriter::BatchWriter(DetectionStore& store, Spool& spool, WriterConfig config, AfterWrite after_write)
    : store_(store),
      spool_(spool),
      config_(config),
      after_write_(std::move(after_write)),
      queue_(config.queue_batches),
      worker_([this] { work(); }) {}

BatchWriter::~BatchWriter() { stop(kStopAtDestruction); }

void BatchWriter::submit(std::vector<alerting::Detection>&& detections) {
  if (detections.size() <= config_.batch_rows) {
    submit(WriteBatch{std::move(detections), {}});
    return;
  }
  for (auto from = detections.begin(); from != detections.end();) {
    const auto to = from + std::min<std::ptrdiff_t>(std::ssize(detections) - (from - detections.begin()),
                                                    static_cast<std::ptrdiff_t>(config_.batch_rows));
    submit(WriteBatch{{std::move_iterator(from), std::move_iterator(to)}, {}});
    from = to;
  }
}

void BatchWriter::submit(ThroughputSample sample) { submit(WriteBatch{{}, {std::move(sample)}}); }

void BatchWriter::submit(WriteBatch&& batch) {
  if (batch.empty()) return;
  {
    std::lock_guard lock(mutex_);
    counts_.submitted += batch.detections.size();
    counts_.queued += batch.detections.size();
    waiting_ += batch.detections.size() + batch.throughput.size();
  }
  if (queue_.push_for(batch, queue_stuck_ ? milliseconds(0) : config_.room_wait)) return;
  queue_stuck_ = true;
  spool_or_wait(std::move(batch));
}

void BatchWriter::spool_or_wait(WriteBatch&& batch) {
  const std::uint64_t rows = batch.detections.size();
  while (true) {
    if (to_spool(batch, rows)) return settle(rows, batch.throughput.size(), Place::spool);
    if (queue_.push_for(batch, kNoRoom)) return;
    if (stopping()) return settle(rows, batch.throughput.size(), Place::nowhere);
  }
}

bool BatchWriter::to_spool(const WriteBatch& batch, std::uint64_t rows) {
  const auto appended = spool_.append(batch, rows);
  std::lock_guard lock(mutex_);
  spool_ok_ = appended && *appended;
  if (!appended) counts_.last_error = appended.error().message();
  if (appended && !*appended) counts_.last_error = "the spool is full: weir waits until the store takes what is in it";
  if (spool_ok_) spool_has_more_ = true;
  return spool_ok_;
}

// Rows, and samples of throughput beside them, are no longer in memory only.
void BatchWriter::settle(std::uint64_t rows, std::uint64_t samples, Place place) {
  std::lock_guard lock(mutex_);
  counts_.queued -= rows;
  waiting_ -= rows + samples;
  switch (place) {
    case Place::store: counts_.stored += rows; break;
    case Place::spool: counts_.spooled += rows; break;
    case Place::nowhere: counts_.lost += rows; break;
  }
  changed_.notify_all();
}

void BatchWriter::work() {
  while (take_more()) {
    if (is_due() && !place_pending()) wait_for_room();
    read_back_one();
    if (pending_.empty() && Clock::now() >= next_tidy_) tidy_incidents();
  }
  place_the_rest();
  if (!hurry_ && !retry_delay_) tidy_incidents();
  std::lock_guard lock(mutex_);
  worker_done_ = true;
  changed_.notify_all();
}

// False when there will be no more, or no time for it.
bool BatchWriter::take_more() {
  if (pending_.size() >= config_.batch_rows) return !stopping();  // it could not be placed
  auto batch = queue_.pop_for(patience());
  if (!batch) return !queue_.drained();
  queue_stuck_ = false;
  pending_.add(std::move(*batch));
  return true;
}

void BatchWriter::place_the_rest() {
  do {
    if (!pending_.empty() && !place_pending()) settle_pending(Place::nowhere);
    auto batch = queue_.pop_for(milliseconds(0));
    if (batch) pending_.add(std::move(*batch));
  } while (!pending_.empty());
}

bool BatchWriter::is_due() const {
  return !pending_.empty() &&
         (pending_.size() >= config_.batch_rows || Clock::now() >= pending_.since() + config_.longest_delay);
}

// How long the worker may wait for another batch.
milliseconds BatchWriter::patience() const {
  milliseconds wait = kIdle;
  if (!pending_.empty()) wait = std::min(wait, until(pending_.since() + config_.longest_delay));
  if (spool_has_more_) wait = std::min(wait, retry_delay_ ? until(next_try_) : milliseconds(0));
  return wait;
}

bool BatchWriter::place_pending() {
  if (store_may_be_tried() && to_store(pending_.batch())) return settle_pending(Place::store);
  if (to_spool(pending_.batch(), pending_.rows())) return settle_pending(Place::spool);
  // The last chance of what would be lost: the store again, although it is not yet time.
  if (stopping() && !hurry_ && to_store(pending_.batch())) return settle_pending(Place::store);
  return false;
}

bool BatchWriter::settle_pending(Place place) {
  {
    std::lock_guard lock(mutex_);
    settled_in_order_ += pending_.rows() + pending_.batch().throughput.size();
  }
  settle(pending_.rows(), pending_.batch().throughput.size(), place);
  pending_.clear();
  return true;
}

bool BatchWriter::store_may_be_tried() const { return !hurry_ && (!retry_delay_ || Clock::now() >= next_try_); }

bool BatchWriter::to_store(const WriteBatch& batch) {
  const auto written = store_.write(batch);
  if (!written) {
    store_failed(written.error());
    return false;
  }
  if (retry_delay_) {
    retry_delay_.reset();
    std::lock_guard lock(mutex_);
    counts_.away_since.reset();
  }
  if (after_write_ && !batch.detections.empty()) after_write_(batch.detections, written->incidents);
  return true;
}

void BatchWriter::store_failed(const base::Error& error) {
  retry_delay_ = retry_delay_ ? std::min(*retry_delay_ * 2, config_.last_retry) : config_.first_retry;
  next_try_ = Clock::now() + *retry_delay_;
  std::lock_guard lock(mutex_);
  counts_.last_error = error.message();
  if (!counts_.away_since) counts_.away_since = std::chrono::system_clock::now();
}

// One batch at a time, so that new ones are not kept waiting behind a large spool.
void BatchWriter::read_back_one() {
  if (!spool_has_more_ || stopping() || !store_may_be_tried()) return;
  spool_has_more_ = false;  // before looking: an append meanwhile sets it again
  const auto oldest = spool_.oldest();
  if (!oldest) {
    std::lock_guard lock(mutex_);
    spool_ok_ = false;
    counts_.last_error = oldest.error().message();
    return;
  }
  if (!*oldest) return;
  spool_has_more_ = true;
  const auto& [batch, rows, from_earlier_run] = **oldest;
  if (!to_store(batch)) return;
  spool_.release_oldest();
  std::lock_guard lock(mutex_);
  spool_ok_ = true;
  if (from_earlier_run) {
    counts_.recovered += rows;
  } else {
    counts_.spooled -= rows;
    counts_.stored += rows;
  }
}

// Summing anew may take long: at most a tenth of the worker's time, or as long as nothing else is to be done.
void BatchWriter::tidy_incidents() {
  const auto begin = Clock::now();
  for (bool more = true; more && !hurry_ && queue_.size() == 0;) {
    const auto tidied = store_.tidy_one_incident();
    if (tidied && *tidied && after_write_) after_write_({}, **tidied);
    more = tidied && *tidied;
  }
  next_tidy_ = Clock::now() + std::max<Clock::duration>(kTidy, 10 * (Clock::now() - begin));
}

void BatchWriter::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kNoRoom, [this] { return stopping_; });
}

bool BatchWriter::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

bool BatchWriter::flush(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return waiting_ == 0; });
}

// What goes past the queue is spooled before submit() returns: what waits now is settled in the order of the queue.
std::uint64_t BatchWriter::ticket() const {
  std::lock_guard lock(mutex_);
  return settled_in_order_ + waiting_;
}

bool BatchWriter::is_settled(std::uint64_t ticket) const {
  std::lock_guard lock(mutex_);
  return settled_in_order_ >= ticket;
}

WriterReport BatchWriter::stop(milliseconds deadline) {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    queue_.close();
    if (!changed_.wait_for(lock, deadline, [this] { return worker_done_; })) {
      hurry_ = true;
      store_.interrupt();
    }
  }
  if (worker_.joinable()) worker_.join();
  return report();
}

WriterReport BatchWriter::report() const {
  const SpoolReport spool = spool_.report();
  std::lock_guard lock(mutex_);
  WriterReport report = counts_;
  report.spooled -= spool.rows_lost;
  report.lost += spool.rows_lost;
  report.to_recover = spool.rows_of_earlier_runs;
  report.ok = spool_ok_ && !report.away_since;
  return report;
}

}  // namespace weir::store
