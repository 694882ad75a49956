// SPDX-License-Identifier: Apache-2.0
// Sinks: all places where a run's events are told, beside the store. Each has an outlet of its own (threads, queue, spool), so
// that a slow or absent one hurts no other.
//
// open() once; tell() as Audience says; stop() once.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/sink_config.h"
#include "base/result.h"
#include "pipeline/audience.h"
#include "sinks/incident_news.h"
#include "sinks/outlet.h"

namespace weir::app {

class Sinks final : public pipeline::Audience {
 public:
  using OnChange = sinks::Outlet::OnChange;

  // Spools are made below `state_dir`; `configs` passed check_sinks(). `room_wait` is how long tell() may wait for a disk that
  // hangs. An error: an address that is none, a file that cannot be
  // written. Nobody is connected to yet.
  static base::Result<std::unique_ptr<Sinks>> open(const std::vector<SinkConfig>& configs,
                                                   const std::filesystem::path& state_dir,
                                                   std::chrono::milliseconds room_wait, const OnChange& on_change);
  ~Sinks() override;

  bool any() const { return !sinks_.empty(); }

  bool wants_every_flow() const override { return every_flow_; }
  void tell(std::span<const alerting::Detection> kept, std::span<const alerting::Detection> ended) override;
  void mark() override;
  bool is_settled() const override;
  void add_to(api::StatusSnapshot& status) const override;

  // What the sensor has done, to those sinks that want it, each as often as it wants; `last`: now, whenever it was told before.
  // One thread.
  void tell(const api::StatusSnapshot& status, bool last = false);

  // To those sinks that want it; comes back when a kill does not lose it any more, or a disk that hangs has had its time. Any
  // thread.
  bool wants_incidents() const;
  void tell(const sinks::IncidentNews& news);

  // What is left is sent within `deadline`, or stays on the disk; all sinks at the same time.
  void stop(std::chrono::milliseconds deadline);

  std::vector<sinks::OutletReport> reports() const;

 private:
  struct Sink;
  Sinks();

  std::vector<std::unique_ptr<Sink>> sinks_;
  bool every_flow_ = false;
};

// The end of a run in words, a line for each sink; empty without sinks.
std::string told_in_words(const std::vector<sinks::OutletReport>& reports);

// Every event of this and earlier runs has arrived.
bool all_told(const std::vector<sinks::OutletReport>& reports);

}  // namespace weir::app
