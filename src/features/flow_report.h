// SPDX-License-Identifier: Apache-2.0
// FlowReports: what each open flow had told by its last row, so that the next one can tell what is new.
//
// Beside the flow table, by its records' index: a packet touches none of it, only rows do. 24 bytes for each record that was
// ever in use at once. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "features/feature_batch.h"
#include "features/flow_measure.h"

namespace weir::features {

class FlowReports {
 public:
  // The news of a row about to be written; the next row counts from here.
  RowNews take(std::uint32_t index, const flow::FlowHead& head, const FlowMeasure& measure, bool ends);

  struct Report {
    std::uint32_t packets[2];
    std::uint64_t payload_forward : 62, open : 1, closed : 1;
    std::uint64_t payload_backward;
  };
  static_assert(sizeof(Report) == 24);

  // For who saves and restores open flows. What lies at the index of a flow that gave no row yet means nothing.
  Report& report(std::uint32_t index) {
    while (index >> kChunkBits >= chunks_.size()) chunks_.push_back(std::make_unique_for_overwrite<Report[]>(kChunk));
    return chunks_[index >> kChunkBits][index & (kChunk - 1)];
  }

 private:
  static constexpr std::uint32_t kChunkBits = 12;
  static constexpr std::uint32_t kChunk = 1U << kChunkBits;

  std::vector<std::unique_ptr<Report[]>> chunks_;
};

inline RowNews FlowReports::take(std::uint32_t index, const flow::FlowHead& head, const FlowMeasure& measure,
                                 bool ends) {
  Report& last = report(index);
  RowNews news;
  news.first = !head.has(flow::head_flag::kReported);
  if (news.first) last = {};
  news.starts = news.first && head.connection_started == head.started;

  const bool tcp = head.key.protocol == decode::protocol::kTcp;
  const bool closed = head.has(flow::head_flag::kClosed);
  const bool open = tcp && !closed && !ends && head.packets[flow::kBackward] > 0;
  const std::uint64_t payload[2] = {measure.forward.payload_bytes, measure.backward.payload_bytes};
  news.packets[0] = head.packets[0] - last.packets[0];
  news.packets[1] = head.packets[1] - last.packets[1];
  news.payload_bytes[0] = payload[0] - last.payload_forward;
  news.payload_bytes[1] = payload[1] - last.payload_backward;
  news.closes = closed && !last.closed;
  news.opens = static_cast<std::int8_t>(int{open} - static_cast<int>(last.open));
  news.unanswered = head.packets[flow::kBackward] == 0;
  news.refused = tcp && measure.flags.rst[flow::kBackward] > 0 && payload[1] == 0;

  last.packets[0] = head.packets[0];
  last.packets[1] = head.packets[1];
  last.payload_forward = payload[0] & ((std::uint64_t{1} << 62) - 1);
  last.payload_backward = payload[1];
  last.open = open;
  last.closed = closed;
  return news;
}

}  // namespace weir::features
