// SPDX-License-Identifier: Apache-2.0
// `weir extract`: a capture in, feature rows out as CSV. What it computes is what `weir run` scores.
//
// The calling thread reads and decodes; flows are kept by it too, or spread over `workers` threads; rows are written by a thread
// of their own. However many workers: the same rows (their order differs), as long as no flow table is full.
//
// The columns of the CSV: who and when (extract_csv.h), then every feature of features/schema.h by name and in its order.
// Times are microseconds since 1970 UTC; an undefined number is an empty field. The same capture gives the same bytes
// with one worker, and the same lines with several.
// Without interim rows a flow is told once, long after it happened: the family `host` is undefined then. Final rows that bring
// nothing new have the flow's own values, and no `host` ones; `weir run` does not score them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "capture/packet_source.h"
#include "decode/decode_stats.h"
#include "features/flow_meter.h"

namespace weir::app {

struct ExtractOptions {
  std::string input;                                     // capture file; "-" is standard input
  std::string output;                                    // CSV file; "-" is standard output; must be empty with `count`
  bool count = false;                                    // compute every row, write none
  std::size_t workers = 1;                               // flow tables, each on a thread of its own when several
  decode::TunnelSet tunnels = decode::TunnelSet::all();  // those that are opened
  features::MeterConfig meter;                           // `interim` says whether rows of open flows are written too
  bool timing = false;                                   // also the columns slice_us and new_packets (extract_csv.h)
  bool context = true;  // with interim rows: the family `host`, as `weir run` scores it; else it stays undefined
  std::function<void(const capture::SourceStats&)> progress;  // called now and then, if set
};

struct ExtractSummary {
  capture::SourceStats source;  // source.damage: why the capture ended early, if it did
  decode::DecodeStats decoded;
  features::MeterCounters metered;
  double seconds = 0;

  std::uint64_t rows() const { return metered.rows_interim + metered.rows_final; }
};

// An error: the input is no capture, the output cannot be written. A damaged capture gives the rows of what could be read.
base::Result<ExtractSummary> run_extract(const ExtractOptions& options);

// "120 packets, 14 rows, 0.002 s (0.06 Mpkt/s)".
std::string count_text(const ExtractSummary& summary);

// Where every packet went: packets = in flows + each reason. Several lines, the last one ended too.
std::string account_text(const ExtractSummary& summary);

}  // namespace weir::app
