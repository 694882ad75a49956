// SPDX-License-Identifier: Apache-2.0
// FlowSaver: a capture worker's part in checkpoints. It copies the open flows of the worker's meter, so many between two batches of
// packets as take kMostPause; flows that change meanwhile are in the checkpoint as they were when they were copied. The worker's
// thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "features/flow_meter.h"
#include "pipeline/checkpointer.h"

namespace weir::pipeline {

class FlowSaver {
 public:
  // Of the time that a ring can hold packets back this is little; it copies some thousand flows.
  static constexpr std::chrono::microseconds kMostPause{500};

  FlowSaver(Checkpointer& checkpointer, features::FlowMeter& meter, std::uint32_t worker)
      : checkpointer_(checkpointer), meter_(meter), worker_(worker) {}

  // Between two batches. The number of the checkpoint of which this was the last piece; else 0.
  std::uint64_t step();
  bool busy() const { return number_ != 0; }

  // At a stop: all open flows, for the last checkpoint.
  void save_all();

 private:
  void begin(std::uint64_t number);
  bool copy_some();

  Checkpointer& checkpointer_;
  features::FlowMeter& meter_;
  const std::uint32_t worker_;
  std::uint64_t number_ = 0;  // of the checkpoint in hand; 0: none
  std::uint64_t saved_ = 0;   // the last one that was done
  bool more_ = false;
  CheckpointPiece piece_;
};

}  // namespace weir::pipeline
