// SPDX-License-Identifier: Apache-2.0
// The one place that knows the kinds of sinks by name: what a [[sink]] is made of, whom it talks to, where it writes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/own_traffic.h"
#include "app/sink_config.h"
#include "base/result.h"
#include "sinks/outlet.h"
#include "sinks/sender.h"

namespace weir::app {

struct SinkParts {
  std::unique_ptr<sinks::Sender> sender;
  sinks::Rendering rendering;
  std::string receiver;  // for people; no secrets
};

// An error: an address that is none, a file that cannot be written, a secret that cannot be read.
base::Result<SinkParts> make_sink(const SinkConfig& config);

// Whether the receiver can be reached: nothing is told to it, no file is made.
base::Result<> check_receiver(const SinkConfig& config);

// Whom they connect to, for leaving the sensor's own traffic out.
std::vector<SinkServer> sink_servers(const std::vector<SinkConfig>& configs);

// Folders in which they make files.
std::vector<std::filesystem::path> sink_folders(const std::vector<SinkConfig>& configs);

}  // namespace weir::app
