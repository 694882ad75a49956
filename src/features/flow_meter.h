// SPDX-License-Identifier: Apache-2.0
// FlowMeter: packets in, rows out. It finds each packet's flow, measures it, and at each tick and at each flow's end writes
// rows of features.
//
// One meter per worker: it belongs to one thread and shares nothing. No lock, log, system call or wall clock; memory grows
// only with the number of open flows (kBytesPerFlow each, up to max_flows) and is kept for the next ones.
//
// Time is packet time, in ticks that are cut into slices of `first_row` (whole ticks when that is 0). A slice closes when a
// packet at or beyond its end comes, or advance() says so:
//   at a tick   flows that were silent for too long end
//   always      each flow that is half a slice old, or that TCP has closed, and gave no row yet gives its first
//   at a tick   each other open flow that changed gives an interim row
// then the batch with last_of_slice (and last_of_tick) goes out. What nothing happened in is passed over in one step. A packet
// that is older than the current slice is counted in the current slice.
//
// A final row without news (RowNews::none) repeats what the flow's rows have said: its values are left undefined unless
// `repeat_features` asks for them.
//
// The rows of a flow depend on its own packets alone (and on when ticks close, for those that silence ends); their order
// depends on the packets' order alone. Nothing depends on the hash secret of the process.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "decode/packet_view.h"
#include "features/feature_batch.h"
#include "flow/flow_identity.h"

namespace weir::features {

struct MeterConfig {
  std::string sensor = "weir";                              // goes into every flow_uid
  base::Duration idle_timeout = std::chrono::seconds(120);  // a longer silence ends a flow
  base::Duration active_timeout =
      std::chrono::seconds(120);                            // a flow that lasts longer is cut into records; at most 1 h
  base::Duration linger = std::chrono::seconds(5);  // a closed TCP connection still takes in stragglers for so long
  base::Duration tick = std::chrono::seconds(10);   // ticks are multiples of this since 1970
  std::uint32_t max_flows = 1'000'000;  // open at once; beyond it, the flow that was silent for longest gives way
  bool interim = true;                  // write interim rows at ticks, and first rows; else the rows tell no news
  base::Duration first_row{0};          // a flow's first row comes with the slice of this length; 0 = with the tick
  bool repeat_features = true;          // write the values of final rows without news too
  std::uint32_t early_packets = 0;      // also write one at a flow's Nth packet; 0 = no
};

// What is out of range, in a sentence.
base::Result<> check(const MeterConfig& config);

// Always: packets is the sum of the packets of all final rows and of all open flows (without those that flows which were taken
// up had before), and started + taken up = ended + open.
struct MeterCounters {
  std::uint64_t packets = 0;
  std::uint64_t ip_bytes = 0;
  std::uint64_t flows_started = 0;
  std::uint64_t flows_open = 0;
  std::uint64_t flows_taken_up = 0;            // open flows of an earlier run, not among those started
  std::array<std::uint64_t, 6> flows_ended{};  // by flow::EndReason
  std::uint64_t clamped_times = 0;             // packets older than their flow's newest: counted at its time
  std::uint64_t lingering_packets = 0;         // came after their TCP connection had closed
  std::uint64_t rows_interim = 0;
  std::uint64_t rows_final = 0;
  std::uint64_t ticks = 0;                     // closed
  std::uint64_t ended(flow::EndReason reason) const { return flows_ended[static_cast<std::size_t>(reason)]; }
};

// Called with at most kMaxBatchRows rows; may move the content out. Runs on the meter's thread.
using BatchSink = std::function<void(FeatureBatch&)>;

inline constexpr std::size_t kMaxBatchRows = 1024;

class FlowMeter {
 public:
  // The config must pass check().
  FlowMeter(MeterConfig config, BatchSink sink);
  ~FlowMeter();
  FlowMeter(FlowMeter&&) noexcept;

  void add(std::span<const decode::PacketView> packets);

  // Time has come to `now` without a packet (a quiet link). Going back does nothing.
  void advance(base::Timestamp now);

  // All open flows end: those that TCP closed as end_of_flow, others for `reason`. The current tick closes. The meter is
  // then as new, but for its counters.
  void finish(flow::EndReason reason);

  const MeterCounters& counters() const;

  // ---- Open flows over a restart. A piece of saved flows is bytes of the same build and layout (SavedFlows), for restore() only.
  //
  // They are saved piece by piece between calls of add(), so that packets need not wait for a million flows to be copied. Each
  // flow is whole, as of the moment when it was copied; one that ended since is in a piece nevertheless, one that began after
  // begin_saving() may not be.
  base::Timestamp begin_saving();  // the end of the current slice: where restore() begins; min() before the first
  // Looks at the next `records` records and appends the open flows among them. False: those were the last, and every row of
  // flows that ended before has been handed over.
  bool save_some(std::size_t records, std::vector<std::byte>& piece);

  // Each open flow that has news gives its interim row now, and the slice is handed over; the flows stay open.
  void settle();

  // In a new meter: time goes on from there, then piece by piece the flows. What was due meanwhile comes with the next packet
  // or advance(). False: the bytes are no such piece; what came before is taken up. A flow beyond max_flows is left out.
  void restore_clock(base::Timestamp slice_end);
  bool restore(std::span<const std::byte> piece);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace weir::features
