// SPDX-License-Identifier: Apache-2.0
#include "pipeline/flow_saver.h"

#include <utility>

#include "base/plain_bytes.h"

namespace weir::pipeline {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRecordsAtOnce = 64;  // between two looks at the clock

}  // namespace

std::uint64_t FlowSaver::step() {
  const std::uint64_t wanted = checkpointer_.wanted();
  if (wanted != number_) number_ = 0;  // given up
  if (wanted == 0 || wanted == saved_) return 0;
  const auto begun = Clock::now();
  if (number_ == 0) begin(wanted);
  const bool done = copy_some();
  checkpointer_.note_pause(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun));
  if (!done) return 0;
  number_ = 0;
  return saved_ = wanted;
}

void FlowSaver::begin(std::uint64_t number) {
  number_ = number;
  more_ = true;
  piece_ = {PieceKind::clock, worker_, {}};
  const base::Timestamp slice_end = meter_.begin_saving();
  base::put_plain(piece_.bytes, SavedClock{base::to_us(slice_end), meter_.counters().flows_open});
}

// True when the last piece is on its way.
bool FlowSaver::copy_some() {
  const auto until = Clock::now() + kMostPause;
  while (true) {
    const bool full = piece_.kind == PieceKind::clock || piece_.bytes.size() >= Checkpointer::kPieceBytes || !more_;
    if (full && !piece_.bytes.empty()) {
      if (!checkpointer_.try_put(number_, piece_)) return false;
      piece_.kind = PieceKind::flows;
    }
    if (!more_) return true;
    if (Clock::now() >= until) return false;
    piece_.bytes.reserve(Checkpointer::kPieceBytes + kRecordsAtOnce * 1024);
    more_ = meter_.save_some(kRecordsAtOnce, piece_.bytes);
  }
}

void FlowSaver::save_all() {
  begin(Checkpointer::kLast);
  checkpointer_.put(number_, std::move(piece_));
  while (more_) {
    piece_ = {PieceKind::flows, worker_, {}};
    while (more_ && piece_.bytes.size() < Checkpointer::kPieceBytes)
      more_ = meter_.save_some(kRecordsAtOnce, piece_.bytes);
    if (!piece_.bytes.empty()) checkpointer_.put(number_, std::move(piece_));
  }
  number_ = 0;
}

}  // namespace weir::pipeline
