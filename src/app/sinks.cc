// SPDX-License-Identifier: Apache-2.0
#include "app/sinks.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "app/sink_senders.h"
#include "app/summary.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;
using sinks::Event;

// What a sink is told of.
struct Choice {
  bool alerts = true;      // with an attack type, and all others unless they are told apart
  bool anomalies = false;  // those without a type, apart
  bool flows = false, stats = false, incidents = false;
  alerting::Severity least = alerting::Severity::low;
  std::chrono::duration<double> stats_every{30};
};

Choice choice_of(const SinkConfig& config) {
  Choice choice;
  choice.least = *alerting::parse_severity(config.text("min_severity"));
  const std::vector<std::string> events = config.list("events");
  const auto chosen = [&](const char* name) { return std::ranges::find(events, name) != events.end(); };
  choice.alerts = chosen("alert");
  choice.anomalies = chosen("anomaly");
  choice.flows = chosen("flow");
  choice.stats = chosen("stats");
  choice.incidents = chosen("incident");
  if (choice.stats) choice.stats_every = std::chrono::duration<double>(config.seconds("stats_every_s"));
  return choice;
}

bool wants(const Choice& choice, const Event& alert) {
  const auto& detection = std::get<alerting::Detection>(alert.what);
  const bool chosen = choice.alerts || (choice.anomalies && detection.verdict.attack_type.empty());
  return chosen && alert.severity >= choice.least;
}

constexpr std::chrono::seconds kDiskTime{2};

// Of the kind too: what waits has its form.
fs::path folder_of(const SinkConfig& config) { return config.name + "." + config.kind; }

// What waits for sinks that are not configured any more, a sentence each.
std::vector<std::string> left_over(const std::vector<SinkConfig>& configs, const fs::path& folder) {
  std::vector<std::string> sentences;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const auto is_here = [&](const SinkConfig& config) { return folder_of(config) == entry.path().filename(); };
    if (!entry.is_directory(error) || std::ranges::any_of(configs, is_here)) continue;
    const auto spool = base::RecordSpool::open(entry.path());
    const std::uint64_t events = spool ? (*spool)->report().rows_of_earlier_runs : 0;
    if (events == 0) continue;
    sentences.push_back(fmt::format(
        "{} events wait in {} for a sink that is no longer configured: name it again as it was, or delete that folder",
        grouped(events), entry.path().string()));
  }
  std::ranges::sort(sentences);
  return sentences;
}

sinks::SensorStats stats_of(const api::StatusSnapshot& status) {
  const api::LossAccount& loss = status.loss;
  return {.at = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now()),
          .sensor = status.sensor,
          .uptime_s = status.uptime_s,
          .packets = loss.packets_seen,
          .kernel_drops = loss.kernel_drops,
          .interface_drops = loss.interface_drops,
          .packets_rejected = loss.packets_rejected,
          .flows_started = loss.flows_started,
          .flows_ended = loss.flows_ended,
          .flows_open = loss.flows_open,
          .rows = loss.rows,
          .rows_scored = loss.rows_scored,
          .rows_unscored = loss.rows_unscored,
          .detections = loss.detections,
          .detections_stored = loss.detections_stored,
          .detections_waiting = loss.detections_spooled + loss.detections_queued,
          .detections_lost = loss.detections_lost,
          .memory_bytes = status.rss_bytes,
          .balanced = loss.balanced};
}

}  // namespace

struct Sinks::Sink {
  Choice choice;
  std::unique_ptr<sinks::Outlet> outlet;
  std::optional<std::chrono::steady_clock::time_point> next_stats = {};
};

Sinks::Sinks() = default;
Sinks::~Sinks() = default;

base::Result<std::unique_ptr<Sinks>> Sinks::open(const std::vector<SinkConfig>& configs, const fs::path& state_dir,
                                                 std::chrono::milliseconds room_wait, const OnChange& on_change) {
  std::unique_ptr<Sinks> all(new Sinks());
  for (const std::string& sentence : left_over(configs, state_dir / "sinks")) on_change(sentence);
  for (const SinkConfig& config : configs) {
    auto parts = make_sink(config);
    if (!parts) return base::fail_within("sink " + config.name, parts);
    const fs::path folder = state_dir / "sinks" / folder_of(config);
    auto spool = base::RecordSpool::open(
        folder, {.max_bytes = config.number("spool_mb") << 20, .segment_bytes = 1 << 20, .note_progress = true});
    if (!spool) return base::fail_within("sink " + config.name, spool);
    for (const std::string& problem : (*spool)->take_problems()) on_change("sink " + config.name + ": " + problem);
    auto sink = std::make_unique<Sink>();
    sink->choice = choice_of(config);
    sink->outlet = std::make_unique<sinks::Outlet>(
        sinks::OutletConfig{.name = config.name, .receiver = std::move(parts->receiver), .room_wait = room_wait},
        std::move(*spool), std::move(parts->sender), std::move(parts->rendering), on_change);
    all->every_flow_ = all->every_flow_ || sink->choice.flows;
    all->sinks_.push_back(std::move(sink));
  }
  return all;
}

void Sinks::tell(std::span<const alerting::Detection> kept, std::span<const alerting::Detection> ended) {
  std::vector<Event> alerts, flows;
  for (const alerting::Detection& detection : kept) {
    if (auto alert = sinks::alert_of(detection)) alerts.push_back(std::move(*alert));
    if (!every_flow_ || detection.flow.end_reason == flow::EndReason::none) continue;
    if (auto flow = sinks::flow_of(detection)) flows.push_back(std::move(*flow));
  }
  for (const alerting::Detection& detection : ended) {
    if (auto flow = sinks::flow_of(detection)) flows.push_back(std::move(*flow));
  }
  for (const auto& sink : sinks_) {
    std::vector<Event> events;
    std::ranges::copy_if(alerts, std::back_inserter(events),
                         [&](const Event& alert) { return wants(sink->choice, alert); });
    if (sink->choice.flows) events.insert(events.end(), flows.begin(), flows.end());
    if (!events.empty()) sink->outlet->tell(std::move(events));
  }
}

void Sinks::tell(const api::StatusSnapshot& status, bool last) {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& sink : sinks_) {
    if (!sink->choice.stats || (!last && sink->next_stats && now < *sink->next_stats)) continue;
    using Clock = std::chrono::steady_clock;
    sink->next_stats = now + std::chrono::duration_cast<Clock::duration>(sink->choice.stats_every);
    sink->outlet->tell({sinks::stats_of(stats_of(status))});
  }
}

bool Sinks::wants_incidents() const {
  return std::ranges::any_of(sinks_, [](const auto& sink) { return sink->choice.incidents; });
}

void Sinks::tell(const sinks::IncidentNews& news) {
  std::vector<sinks::Outlet*> outlets;
  for (const auto& sink : sinks_) {
    if (!sink->choice.incidents || news.incident.severity < sink->choice.least) continue;
    outlets.push_back(sink->outlet.get());
    outlets.back()->tell({sinks::incident_of(news)});
    outlets.back()->mark();
  }
  const auto give_up_at = std::chrono::steady_clock::now() + kDiskTime;
  const auto is_kept = [](const sinks::Outlet* outlet) { return outlet->is_settled(); };
  while (!std::ranges::all_of(outlets, is_kept) && std::chrono::steady_clock::now() < give_up_at) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Sinks::mark() {
  for (const auto& sink : sinks_) sink->outlet->mark();
}

bool Sinks::is_settled() const {
  return std::ranges::all_of(sinks_, [](const auto& sink) { return sink->outlet->is_settled(); });
}

void Sinks::add_to(api::StatusSnapshot& status) const {
  for (const sinks::OutletReport& report : reports()) {
    status.sinks.push_back({.name = report.name,
                            .receiver = report.receiver,
                            .told = report.told,
                            .sent = report.sent,
                            .waiting = report.waiting,
                            .refused = report.refused,
                            .dropped = report.dropped,
                            .lost = report.lost,
                            .waiting_of_earlier = report.waiting_of_earlier,
                            .spool_bytes = report.spool_bytes,
                            .ok = report.ok,
                            .last_error = report.last_error});
    if (!report.ok && !status.problem) status.problem = "the sink " + report.name + " fails: " + report.last_error;
  }
}

void Sinks::stop(std::chrono::milliseconds deadline) {
  std::vector<std::jthread> stops;
  stops.reserve(sinks_.size());
  for (const auto& sink : sinks_) stops.emplace_back([&sink, deadline] { sink->outlet->stop(deadline); });
}

std::vector<sinks::OutletReport> Sinks::reports() const {
  std::vector<sinks::OutletReport> all;
  all.reserve(sinks_.size());
  for (const auto& sink : sinks_) all.push_back(sink->outlet->report());
  return all;
}

bool all_told(const std::vector<sinks::OutletReport>& reports) {
  return std::ranges::all_of(reports, [](const sinks::OutletReport& r) {
    return r.waiting + r.waiting_of_earlier + r.refused + r.dropped + r.lost == 0;
  });
}

std::string told_in_words(const std::vector<sinks::OutletReport>& reports) {
  std::string out;
  for (const sinks::OutletReport& r : reports) {
    out += fmt::format("  {} events told to {}", grouped(r.sent + r.sent_of_earlier), r.receiver);
    if (const auto waiting = r.waiting + r.waiting_of_earlier; waiting > 0)
      out += fmt::format(", {} wait on the disk for the next start", grouped(waiting));
    if (r.refused > 0) out += fmt::format(", {} refused by it", grouped(r.refused));
    if (r.dropped + r.lost > 0) out += fmt::format(", {} lost, which only the store has", grouped(r.dropped + r.lost));
    if (!all_told({r}) && !r.last_error.empty()) out += ": " + r.last_error;
    out += ".\n";
  }
  return out;
}

}  // namespace weir::app
