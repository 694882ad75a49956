// SPDX-License-Identifier: Apache-2.0
#include "app/summary.h"

#include <cmath>

#include <fmt/format.h>

namespace weir::app {

namespace {

void add_line(std::string& out, std::string_view what, std::uint64_t count, std::string_view note = {}) {
  out += fmt::format("  {:<28}{:>16}{}{}\n", what, grouped(count), note.empty() ? "" : "  ", note);
}

void add_parts(std::string& out, std::string_view prefix, const api::NamedCounts& parts) {
  for (const auto& [name, count] : parts) {
    if (count > 0) add_line(out, fmt::format("  {}{}", prefix, name), count);
  }
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string summary(const api::StatusSnapshot& s) {
  const api::LossAccount& loss = s.loss;
  std::string out = fmt::format("weir: {} after {:.1f} s\n", s.source, s.uptime_s);
  add_line(out, "packets seen", loss.packets_seen);
  add_line(out, "  in flows", loss.packets_in_flows);
  add_parts(out, "rejected: ", loss.packets_rejected);
  if (s.live) {
    add_line(out, "dropped by the kernel", loss.kernel_drops, "not among those seen");
    add_line(out, "dropped by the interface", loss.interface_drops, "not among those seen");
  }
  if (loss.packets_seen > 0 && s.capture_cpu_s > 0) {
    const double ns = s.capture_cpu_s * 1e9 / static_cast<double>(loss.packets_seen);
    add_line(out, "processor time a packet", static_cast<std::uint64_t>(std::llround(ns)),
             "ns, until its flow's features are computed");
  }
  add_line(out, "flows", loss.flows_started);
  if (loss.flows_taken_up > 0)
    add_line(out, "  taken up besides", loss.flows_taken_up, "they were open when weir ended");
  if (loss.flows_open > 0) add_line(out, "  open", loss.flows_open, "saved for the next start");
  add_line(out, "rows", loss.rows);
  add_line(out, "  scored", loss.rows_scored);
  if (loss.rows_repeated > 0)
    add_line(out, "  repeated", loss.rows_repeated, "ends of flows without news: their verdict stands");
  if (loss.rows_coalesced > 0)
    add_line(out, "  coalesced", loss.rows_coalesced, "overtaken by a newer row of the same flow");
  add_parts(out, "unscored: ", loss.rows_unscored);
  if (loss.rows_queued > 0) add_line(out, "  not scored yet", loss.rows_queued);
  add_line(out, "detections", loss.detections, "one for each row that is kept; rows of one flow are stored as one");
  add_line(out, "  stored", loss.detections_stored);
  if (loss.detections_spooled > 0)
    add_line(out, "  spooled", loss.detections_spooled, "will be stored at the next start");
  if (loss.detections_queued > 0) add_line(out, "  not written yet", loss.detections_queued);
  if (loss.detections_lost > 0)
    add_line(out, "  lost", loss.detections_lost, "neither the store nor the spool could take them");
  if (loss.detections_of_earlier > 0)
    add_line(out, "  of earlier runs", loss.detections_of_earlier, "still spooled, will be stored at the next start");
  out += loss.balanced ? "  The account adds up.\n" : "  THE ACCOUNT DOES NOT ADD UP. Please report this.\n";
  if (s.problem) out += fmt::format("  Note: {}.\n", *s.problem);
  return out;
}

}  // namespace weir::app
