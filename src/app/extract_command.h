// SPDX-License-Identifier: Apache-2.0
// `weir extract` as a command: its flags, its progress, its account on stderr. The work is in extract.h.
#pragma once

#include <cstdint>
#include <string>

namespace weir::app {

struct ExtractArguments {
  std::string input;
  std::string output;
  bool count = false;
  bool interim = false;
  bool no_context = false;
  bool timing = false;
  double first_row_s = 1;
  double interval_s = 10;
  double idle_timeout_s = 120;
  double active_timeout_s = 120;
  std::uint64_t max_flows = 1'000'000;
  std::uint64_t early_packets = 0;
  std::uint64_t workers = 1;
  std::string sensor = "weir";
  std::string tunnels = "all";
};

int extract(const ExtractArguments& arguments);

}  // namespace weir::app
