// SPDX-License-Identifier: Apache-2.0
#include "app/extract_command.h"

#include <chrono>

#include <fmt/format.h>

#include "app/commands.h"
#include "app/extract.h"
#include "app/progress.h"

namespace weir::app {

namespace {

base::Duration seconds(double s) { return std::chrono::round<base::Duration>(std::chrono::duration<double>(s)); }

double share_read(const capture::SourceStats& source) {
  if (source.size_bytes == 0) return -1;
  return static_cast<double>(source.position_bytes) / static_cast<double>(source.size_bytes);
}

}  // namespace

int extract(const ExtractArguments& arguments) {
  if (arguments.output.empty() && !arguments.count) {
    report(base::Error("nothing to do: give a file to write (-o OUT.csv) or --count"));
    return kUsage;
  }
  const auto tunnels = decode::TunnelSet::parse(arguments.tunnels);
  if (!tunnels) {
    report(tunnels.error().within("--tunnels"));
    return kUsage;
  }
  ExtractOptions options;
  options.tunnels = *tunnels;
  options.input = arguments.input;
  options.output = arguments.output;
  options.count = arguments.count;
  options.workers = arguments.workers;
  options.meter.sensor = arguments.sensor;
  options.meter.idle_timeout = seconds(arguments.idle_timeout_s);
  options.meter.active_timeout = seconds(arguments.active_timeout_s);
  options.meter.tick = seconds(arguments.interval_s);
  options.meter.max_flows = static_cast<std::uint32_t>(arguments.max_flows);
  options.meter.interim = arguments.interim;
  options.meter.first_row = seconds(arguments.interim ? arguments.first_row_s : 0);
  options.timing = arguments.timing;
  options.context = arguments.interim && !arguments.no_context;
  options.meter.early_packets = arguments.interim ? static_cast<std::uint32_t>(arguments.early_packets) : 0;

  base::Result<ExtractSummary> summary = base::fail("not run");
  {
    Progress progress;
    options.progress = [&](const capture::SourceStats& source) { progress.show(source.packets, share_read(source)); };
    summary = run_extract(options);
  }
  if (!summary) return report(summary.error());
  if (arguments.count) fmt::print("{}\n", count_text(*summary));
  fmt::print(stderr, "{}", account_text(*summary));
  if (!summary->source.damage) return kDone;
  report(base::Error(fmt::format("the capture is damaged, what came before was read: {}", *summary->source.damage)));
  return kPartly;
}

}  // namespace weir::app
