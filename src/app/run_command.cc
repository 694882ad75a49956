// SPDX-License-Identifier: Apache-2.0
// `weir run`: puts the parts together, starts them, waits for a signal or the end, and stops them in packet order.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/listen_address.h"
#include "api/server.h"
#include "api/sodium/session_table.h"
#include "api/sodium/token_file.h"
#include "app/commands.h"
#include "app/confinement.h"
#include "app/incident_teller.h"
#include "app/own_traffic.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/registry.h"
#include "app/reload.h"
#include "app/service.h"
#include "app/signals.h"
#include "app/sink_senders.h"
#include "app/sinks.h"
#include "app/summary.h"
#include "app/web_files.h"
#include "pipeline/pipeline.h"
#include "scoring/calibrated_bundle.h"
#include "store/batch_writer.h"
#include "store/retention.h"
#include "store/spool.h"

namespace weir::app {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Of the ten seconds that a stop may take; the rest is for closing the store.
constexpr std::chrono::milliseconds kStopDeadline = 6s, kNewsDeadline = 500ms, kSinkDeadline = 2s;

// Everything that a run owns, in the order in which it is made; destroyed the other way round.
struct Run {
  Service service;
  fs::path state_dir;
  std::string confined;  // what holds, in words
  std::shared_ptr<scoring::Detector> detector;
  std::vector<std::unique_ptr<capture::PacketSource>> sources;
  std::unique_ptr<store::DetectionStore> store;
  std::unique_ptr<store::Spool> spool;
  api::EventHub hub;
  alerting::Suppressions suppressions;
  std::vector<api::StaticFile> web = web_files();
  std::unique_ptr<Sinks> sinks;
  std::unique_ptr<sinks::IncidentDesk> incidents;
  std::unique_ptr<store::BatchWriter> writer;
  std::unique_ptr<store::Retention> retention;
  std::optional<api::AuditLog> audit;
  std::unique_ptr<pipeline::Pipeline> pipeline;
  std::optional<api::TokenFile> users;
  api::SessionTable sessions;
  std::optional<Reload> reload;
  std::unique_ptr<api::Server> server;
};

// Folders in which files may be made and changed from now on.
std::vector<fs::path> writable_folders(const Config& config, const Run& run) {
  std::vector<fs::path> folders = {run.state_dir};
  if (const auto file = sqlite_file(config.db)) {
    folders.push_back(file->has_parent_path() ? file->parent_path() : fs::path("."));
  }
  for (fs::path& folder : sink_folders(all_sinks(config))) folders.push_back(std::move(folder));
  return folders;
}

// An interface is opened with the privileges that it needs, everything else without them: also a file, whose reader has a thread
// of its own.
base::Result<> open_capture(const Config& config, Run& run) {
  const auto open = [&]() -> base::Result<> {
    auto sources = open_sources(config);
    if (!sources) return base::fail(sources.error());
    run.sources = std::move(*sources);
    return {};
  };
  const bool live = !config.interface.empty();
  if (live) {
    if (auto opened = open(); !opened) return opened;
  }
  const auto address = api::parse_listen_address(config.listen);
  auto confined = confine({.user = config.user,
                           .sandbox = config.sandbox,
                           .low_port = address && address->port > 0 && address->port < 1024,
                           .writable = writable_folders(config, run)});
  if (!confined) return base::fail(confined.error());
  run.confined = std::move(*confined);
  return live ? base::Result<>() : open();
}

base::Result<> open_parts(const Config& config, Run& run) {
  run.state_dir = config.state_dir.empty() ? default_state_dir() : fs::path(config.state_dir);
  if (auto ready = prepare_state_dir(run.state_dir, config.user); !ready) return ready;
  if (auto opened = open_capture(config, run); !opened) return opened;
  // Once more: it must be writable for who we are now.
  if (auto ready = prepare_state_dir(run.state_dir); !ready) return ready;

  auto detector = load_detector(config.model, config, config.model_public_key);
  if (!detector) return base::fail(detector.error());
  run.detector = std::move(*detector);

  auto opened = open_store(database_url(config.db, run.state_dir), grouping_rules(config));
  if (!opened) return base::fail(opened.error());
  run.store = std::move(*opened);
  return run.store->put_model(model_record(*run.detector));
}

std::shared_ptr<spdlog::logger> request_log(const Config& config) {
  if (!config.log_requests) return nullptr;
  auto logger = std::make_shared<spdlog::logger>("api", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %n %v", spdlog::pattern_time_type::utc);
  return logger;
}

base::Result<> load_suppressions(const Config& config, Run& run) {
  auto stored = run.store->suppressions();
  if (!stored) return base::fail(stored.error());
  run.suppressions.set(std::move(*stored));
  if (!config.interface.empty() && !config.own_traffic) {
    run.suppressions.set_built_in(own_traffic_rules(config.listen, config.db, sink_servers(all_sinks(config))));
  }
  return {};
}

base::Result<> open_sinks(const Config& config, Run& run) {
  // A link does not wait for a disk that hangs; a file can.
  const std::chrono::milliseconds room_wait = config.interface.empty() ? 60s : 250ms;
  auto opened = Sinks::open(all_sinks(config), run.state_dir, room_wait,
                            [](const std::string& change) { fmt::print(stderr, "weir: {}\n", change); });
  if (!opened) return base::fail(opened.error());
  run.sinks = std::move(*opened);
  if (!run.sinks->wants_incidents()) return {};
  auto desk = open_incident_desk(config.sensor, run.state_dir, *run.store, *run.sinks);
  if (!desk) return base::fail(desk.error());
  run.incidents = std::move(*desk);
  run.hub.on_incident([&desk = *run.incidents](const alerting::Incident& incident) { desk.look({&incident, 1}); });
  return {};
}

void tell_of_spool(store::Spool& spool) {
  for (const std::string& problem : spool.take_problems()) fmt::print(stderr, "weir: {}\n", problem);
}

base::Result<> start_writer(const Config& config, Run& run) {
  auto spool = store::Spool::open(spool_dir(run.state_dir), {.max_bytes = config.spool_mb * 1024 * 1024});
  if (!spool) return base::fail(spool.error());
  run.spool = std::move(*spool);
  tell_of_spool(*run.spool);
  if (const std::uint64_t left = run.spool->report().rows_of_earlier_runs; left > 0) {
    fmt::print(stderr, "weir: {} rows of detections that an earlier run left in the spool go to the store now\n",
               grouped(left));
  }
  run.writer = std::make_unique<store::BatchWriter>(*run.store, *run.spool, store::WriterConfig{},
                                                    [&hub = run.hub](const auto& detections, const auto& incidents) {
                                                      for (const auto& detection : detections) hub.publish(detection);
                                                      for (const auto& incident : incidents) hub.publish(incident);
                                                    });
  return {};
}

base::Result<> start_server(const Config& config, Run& run) {
  const auto address = api::parse_listen_address(config.listen);
  if (!address) return base::fail(address.error());
  run.users.emplace(users_file(run.state_dir));
  api::ServerConfig server;
  server.host = address->host;
  server.port = address->port;
  server.allowed_hosts = split_list(config.allowed_hosts);
  server.require_token = config.require_token;
  server.tls_certificate = config.tls_certificate;
  server.tls_key = config.tls_key;
  server.users = &*run.users;
  server.sessions = &run.sessions;
  server.audit = &*run.audit;
  server.control = &*run.reload;
  server.dashboard = run.web;
  server.request_log = request_log(config);
  auto started = api::Server::start(std::move(server), *run.store, *run.pipeline, run.hub, run.suppressions);
  if (!started) return base::fail(started.error());
  run.server = std::move(*started);
  run.reload->works_on(*run.server);
  return {};
}

// The bundle is kept, so that the next start need not learn again; the store learns the new ranges of the features.
void tell_what_was_learnt(Run& run, const base::Result<scoring::Calibration>& learnt,
                          std::span<const scoring::CalibrationSample> samples, const scoring::Detector& detector) {
  if (!learnt) {
    fmt::print(stderr, "weir: nothing was learnt, the model stays as it was shipped: {}\n", learnt.error().message());
    return;
  }
  const fs::path dir = run.state_dir / "calibrated-model";
  const scoring::Bundle& bundle = detector.bundle();
  const auto written = scoring::write_calibrated(bundle, *learnt, samples, bundle.baseline, dir);
  const auto recorded = run.store->put_model(model_record(detector));
  fmt::print("\nLearnt what is normal here; alerts from now on.\n{}", scoring::to_text(*learnt));
  if (written) fmt::print("Kept in {}: next time use --model with it instead of --calibrate-for.\n", dir.string());
  if (!written) fmt::print(stderr, "weir: {}\n", written.error().message());
  if (!recorded) fmt::print(stderr, "weir: {}\n", recorded.error().message());
  std::fflush(stdout);
}

// Everyone who may read a verdict by the new threshold can look it up; then it judges.
base::Result<> announce_threshold(Run& run, const scoring::Detector& detector, const std::string& version,
                                  float threshold, const scoring::AdaptationStep* step) {
  store::ModelRecord record = model_record(detector);
  record.version = version;
  record.threshold = threshold;
  if (auto recorded = run.store->put_model(record); !recorded) return recorded;
  const std::string what = step != nullptr
                               ? fmt::format("threshold {:.4g} -> {:.4g}, model {}", step->from, step->to, version)
                               : fmt::format("threshold {:.4g} as adapted before, model {}", threshold, version);
  run.audit->write({.remote = "local", .action = "adaptation", .what = what});
  return {};
}

pipeline::FollowConfig follow_config(const Config& config, Run& run) {
  return {.on = config.adapt == "always" || (config.adapt == "live" && run.sources.front()->live()),
          .file = run.state_dir / "adaptation",
          // What is flagged keeps its incident open for so long.
          .rules = {.alerts_per_day = config.alerts_per_day, .calm = seconds(config.incident_gap_s)},
          .announce = [&run](const auto& detector, const std::string& version, float threshold,
                             const auto* step) { return announce_threshold(run, detector, version, threshold, step); },
          .say = [](const std::string& sentence) { fmt::print(stderr, "weir: {}.\n", sentence); }};
}

base::Result<> start_parts(const Config& config, const ConfigReader& read, Run& run) {
  if (auto opened = open_parts(config, run); !opened) return opened;
  if (auto loaded = load_suppressions(config, run); !loaded) return loaded;
  if (auto opened = open_sinks(config, run); !opened) return opened;
  if (auto started = start_writer(config, run); !started) return started;
  pipeline::PipelineConfig pipeline;
  pipeline.capture = {.meter = meter_config(config),
                      .meters = meters_per_source(config),
                      .tunnels = *decode::TunnelSet::parse(config.tunnels),  // check_run() has seen it
                      .max_packets = config.max_packets};
  pipeline.log = *alerting::parse_log_mode(config.log);
  pipeline.queue_rows = config.queue_rows;
  pipeline.learn = {.time = seconds(*parse_duration_s(config.calibrate_for)),
                    .options = {.alerts_per_day = config.alerts_per_day}};
  pipeline.on_learnt = [&run](const auto& learnt, auto samples, const scoring::Detector& detector) {
    tell_what_was_learnt(run, learnt, samples, detector);
  };
  run.audit.emplace(audit_file(run.state_dir));
  pipeline.follow = follow_config(config, run);
  pipeline.context = {.max_hosts = static_cast<std::uint32_t>(config.context_hosts)};
  pipeline.program_version = WEIR_VERSION;
  pipeline.suppressions = &run.suppressions;
  if (run.sinks->any()) pipeline.audience = run.sinks.get();
  // A file is read again from its beginning, which loses nothing.
  if (run.sources.front()->live() && config.checkpoint_s > 0 && pipeline.capture.meters == 1) {
    pipeline.checkpoint = {
        .folder = run.state_dir,
        .interval = std::chrono::milliseconds(static_cast<std::int64_t>(config.checkpoint_s * 1000)),
        .identity = pipeline::identity_of(config.sensor, run.sources.front()->name(), run.sources.size())};
  }
  run.retention = std::make_unique<store::Retention>(*run.store, retention_limits(config));
  pipeline.kept = [&retention = *run.retention] { return retention.report(); };
  pipeline.on_throughput = [&hub = run.hub](const store::ThroughputSample& sample) { hub.publish(sample); };
  run.pipeline = std::make_unique<pipeline::Pipeline>(std::move(pipeline), std::move(run.sources), run.detector,
                                                      *run.store, *run.writer);
  for (const std::string& sentence : run.pipeline->take_up()) fmt::print(stderr, "weir: {}.\n", sentence);
  run.reload.emplace(config, read, run.detector->bundle().manifest_text);
  run.reload->works_on(*run.pipeline, *run.store, run.suppressions, *run.retention);
  return start_server(config, run);
}

void reload(Run& run) {
  run.service.reloading();
  const auto changed = run.reload->reload();
  std::string what = changed ? "nothing changed" : changed.error().message();
  if (changed && !changed->empty()) what = fmt::format("{}", fmt::join(*changed, "; "));
  fmt::print(stderr, "{}: {}\n", changed ? "Reloaded" : "Not reloaded, all stays as it was", what);
  run.audit->write({.remote = "local", .action = "SIGHUP", .what = changed ? what : "refused: " + what});
  run.service.ready("Watching " + run.pipeline->status().source);
}

// Nothing more is on its way to a store or receiver that takes it: what is left waits for one that does not.
bool is_told(const Run& run) {
  const store::WriterReport stored = run.writer->report();
  if (stored.ok && (stored.spooled + stored.to_recover > 0 || !run.writer->flush(0ms))) return false;
  return std::ranges::none_of(run.sinks->reports(),
                              [](const sinks::OutletReport& sink) { return sink.ok && sink.waiting > 0; });
}

// Until a signal comes, or the file is done and nobody wants the page any longer. True when a signal came.
bool serve(const Config& config, Run& run, StopSignals& signals) {
  Progress progress;
  while (!signals.wait_for(200ms)) {
    if (signals.take_reload()) reload(run);
    run.service.alive(run.pipeline->heartbeat());
    const api::StatusSnapshot now = run.pipeline->status();
    run.sinks->tell(now);
    tell_of_spool(*run.spool);
    if (now.state == "running") progress.show(now.loss.packets_seen, now.progress);
    if (run.pipeline->wait(0ms) && config.exit_at_end && is_told(run)) return false;
  }
  return true;
}

// In packet order: capture, scoring, writer, API.
void stop_parts(Run& run) {
  run.pipeline->stop();
  while (!run.pipeline->wait(1000ms)) {
  }
  run.retention->begin_stop();
  run.writer->stop(kStopDeadline);
  run.sinks->tell(run.pipeline->status(), true);
  if (run.incidents) run.incidents->stop(kNewsDeadline);
  run.sinks->stop(kSinkDeadline);
  run.retention->stop();
  run.pipeline->finish_checkpoints();
  run.server->stop(500ms);
}

}  // namespace

int run(const Config& config, const ConfigReader& read) {
  StopSignals signals;
  Run run;
  if (const auto started = start_parts(config, read, run); !started) return report(started.error());
  run.pipeline->start();
  fmt::print("weir {} watches {} with the model {}.\nOpen {} to see what it finds. Ctrl-C stops it.\n", WEIR_VERSION,
             run.pipeline->status().source, run.detector->version(), run.server->url());
  if (!run.confined.empty()) fmt::print("It holds {}.\n", run.confined);
  std::fflush(stdout);
  run.service.ready("Watching " + run.pipeline->status().source);

  const bool by_signal = serve(config, run, signals);
  if (by_signal)
    fmt::print(stderr, "Stopping: what was captured is being scored and stored. Once more to stop at once.\n");
  run.service.stopping();
  stop_parts(run);
  tell_of_spool(*run.spool);
  const api::StatusSnapshot end = run.pipeline->status();
  fmt::print("{}{}", summary(end), told_in_words(run.sinks->reports()));
  if (end.state == "failed" || !end.loss.balanced) return kFailed;
  return end.problem || end.loss.detections_spooled + end.loss.detections_of_earlier > 0 ||
                 !all_told(run.sinks->reports())
             ? kPartly
             : kDone;
}

}  // namespace weir::app
