// SPDX-License-Identifier: Apache-2.0
#include "pipeline/checkpointer.h"

#include <algorithm>
#include <random>
#include <system_error>
#include <utility>

#include "base/plain_bytes.h"

namespace weir::pipeline {

namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 100ms;       // between two looks at the clock and at the writer
constexpr auto kMostWait = 5000ms;  // for the disk to take a piece; a stop is to be over in ten seconds

base::Timestamp wall_now() { return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now()); }

std::uint64_t random_name() {
  std::random_device random;
  return (std::uint64_t{random()} << 32 | random()) | 1;  // 0 is no run
}

}  // namespace

Checkpointer::Checkpointer(CheckpointConfig config, std::function<std::uint64_t()> packets,
                           std::function<bool(std::uint64_t)> is_settled)
    : config_(std::move(config)),
      packets_(std::move(packets)),
      is_settled_(std::move(is_settled)),
      run_(random_name()),
      next_(Clock::now() + config_.interval),
      thread_([this] { work(); }) {}

Checkpointer::~Checkpointer() { finish(false); }

bool Checkpointer::try_put(std::uint64_t number, CheckpointPiece& piece) {
  if (given_up_ == number) {
    piece.bytes.clear();
    return true;
  }
  Item item{.number = number, .piece = std::move(piece)};
  if (queue_.try_push(item)) {
    piece = {};
    return true;
  }
  piece = std::move(item.piece);
  return false;
}

void Checkpointer::put(std::uint64_t number, CheckpointPiece piece) {
  if (given_up_ == number) return;
  Item item{.number = number, .piece = std::move(piece)};
  if (!queue_.push_for(item, kMostWait)) given_up_ = number;
}

void Checkpointer::complete(std::uint64_t number, std::uint64_t ticket) {
  Item item{.number = number, .piece = {}, .complete = true, .ticket = ticket};
  if (!queue_.push_for(item, kMostWait)) given_up_ = number;
}

void Checkpointer::note_pause(std::chrono::microseconds pause) {
  std::lock_guard lock(mutex_);
  report_.longest_pause = std::max(report_.longest_pause, pause);
}

void Checkpointer::work() {
  while (!queue_.drained()) {
    if (auto item = queue_.pop_for(kLook)) take(std::move(*item));
    note_progress();
    if (ticket_ && number_ != kLast && is_settled_(*ticket_)) commit(false);
    if (number_ == 0 && Clock::now() >= next_) begin(++last_number_);
    if (number_ != 0 && number_ != kLast && given_up_ == number_)
      give_up(base::Error("the disk took nothing for seconds"));
  }
}

void Checkpointer::begin(std::uint64_t number) {
  number_ = number;
  given_up_ = 0;
  ticket_.reset();
  flows_ = 0;
  begun_ = Clock::now();
  header_ = {.identity = config_.identity, .run = run_, .begun = wall_now(), .packets = packets_()};
  file_.reset();
  auto file = CheckpointWriter::begin(config_.folder, header_);
  if (!file) return give_up(file.error());
  file_ = std::move(*file);
  if (number != kLast) wanted_.store(number, std::memory_order_release);
}

void Checkpointer::take(Item item) {
  if (item.number == kLast && number_ != kLast) begin(kLast);
  if (item.number != number_ || !file_) return;
  if (item.complete) {
    ticket_ = item.ticket;
    return;
  }
  if (item.piece.kind == PieceKind::clock) {
    SavedClock clock;
    base::PlainReader(item.piece.bytes).take(clock);
    flows_ += clock.flows;
  }
  if (auto written = file_->write(item.piece); !written) give_up(written.error());
}

void Checkpointer::commit(bool clean) {
  if (auto done = file_->commit({.flows = flows_, .clean = clean}); !done) return give_up(done.error());
  {
    std::lock_guard lock(mutex_);
    ++report_.taken;
    report_.last_begun = header_.begun;
    report_.flows = flows_;
    report_.bytes = file_->bytes();
    report_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    report_.problem.clear();
  }
  file_.reset();
  ticket_.reset();
  number_ = 0;
  wanted_ = 0;
  next_ = std::max(begun_ + config_.interval, Clock::now());
}

// Its pieces that still come are dropped; the checkpoint before it stays.
void Checkpointer::give_up(const base::Error& error) {
  given_up_ = number_;
  file_.reset();
  std::error_code ignored;
  std::filesystem::remove(config_.folder / "checkpoint.new", ignored);
  {
    std::lock_guard lock(mutex_);
    report_.problem = error.within("no checkpoint was taken").message();
  }
  if (number_ == kLast) return;
  number_ = 0;
  wanted_ = 0;
  ticket_.reset();
  next_ = Clock::now() + config_.interval;
}

void Checkpointer::note_progress() {
  // Without it the next run cannot say how much was lost, that is all.
  (void)write_progress(config_.folder, {run_, packets_(), base::to_us(wall_now())});
}

void Checkpointer::finish(bool all_settled) {
  queue_.close();
  if (!thread_.joinable()) return;
  thread_.join();
  const bool whole = number_ == kLast && ticket_ && file_ && given_up_ != kLast;
  if (whole && all_settled) return commit(true);
  file_.reset();
  std::error_code ignored;
  std::filesystem::remove(config_.folder / "checkpoint.new", ignored);
}

CheckpointReport Checkpointer::report() const {
  std::lock_guard lock(mutex_);
  return report_;
}

}  // namespace weir::pipeline
