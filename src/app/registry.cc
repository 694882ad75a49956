// SPDX-License-Identifier: Apache-2.0
#include "app/registry.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <unistd.h>

#include <fmt/format.h>

#include "app/paths.h"
#include "capture/afpacket/afpacket_source.h"
#include "capture/libpcap_live/libpcap_live_source.h"
#include "capture/paced_source.h"
#include "capture/pcap/open_file.h"
#include "features/schema.h"
#include "scoring/onnx/onnx_model.h"
#include "scoring/sodium/bundle_signature.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite_store.h"

namespace weir::app {

namespace {

using Sources = std::vector<std::unique_ptr<capture::PacketSource>>;

base::Result<Sources> open_capture_file(const Config& config) {
  auto source = capture::pcap::open_file(config.read);
  if (!source) return base::fail(source.error());
  Sources sources;
  sources.push_back(std::move(*source));
  if (config.speed != "max") {
    sources.front() = std::make_unique<capture::PacedSource>(std::move(sources.front()), std::stod(config.speed));
  }
  return sources;
}

base::Result<Sources> open_libpcap(const Config& config) {
  auto source = capture::libpcap_live::open_libpcap_live(
      {.interface = config.interface,
       .filter = config.filter,
       .promiscuous = config.promiscuous,
       .buffer_bytes = static_cast<int>(std::min<std::uint64_t>(config.ring_mb, 1024) << 20)});
  if (!source) return base::fail(source.error());
  Sources sources;
  sources.push_back(std::move(*source));
  return sources;
}

// One ring a worker; the kernel spreads the packets of an interface over them by flow.
base::Result<Sources> open_rings(const Config& config) {
  capture::afpacket::AfPacketConfig ring{.interface = config.interface,
                                         .promiscuous = config.promiscuous,
                                         .ring_bytes = static_cast<std::size_t>(config.ring_mb) << 20};
  if (!config.filter.empty()) {
    auto filter = capture::libpcap_live::compile_filter(config.filter, config.interface);
    if (!filter) return base::fail(filter.error());
    ring.filter = std::move(*filter);
  }
  if (config.workers > 1) ring.fanout_group = static_cast<std::uint16_t>(getpid());
  Sources sources;
  for (std::uint64_t i = 0; i < config.workers; ++i) {
    auto source = capture::afpacket::open_afpacket(ring);
    if (!source) return base::fail(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

}  // namespace

base::Duration seconds(double s) { return std::chrono::round<base::Duration>(std::chrono::duration<double>(s)); }

base::Result<Sources> open_sources(const Config& config) {
  if (config.interface.empty()) return open_capture_file(config);
  return config.capture_method == "libpcap" ? open_libpcap(config) : open_rings(config);
}

std::size_t meters_per_source(const Config& config) {
  const bool own_rings = !config.interface.empty() && config.capture_method == "afpacket";
  return own_rings ? 1 : config.workers;
}

std::string database_url(const std::string& db, const std::filesystem::path& state_dir) {
  return db.empty() ? "sqlite:" + (state_dir / "weir.db").string() : db;
}

std::optional<std::filesystem::path> sqlite_file(std::string_view url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) return std::nullopt;
  return url.substr(kSqlite.size());
}

base::Result<std::unique_ptr<store::DetectionStore>> open_store(const std::string& url, alerting::GroupingRules rules) {
  if (const auto file = sqlite_file(url)) {
    if (file->empty()) return base::fail("store.db = \"sqlite:\" has no path; write sqlite:PATH");
    return store::sqlite::open_sqlite(*file, rules);
  }
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return store::postgres::open_postgres(url, {.rules = rules});
  }
  return base::fail(fmt::format("store.db = \"{}\" is neither sqlite:PATH nor postgresql://USER@HOST/NAME",
                                url.substr(0, url.find(':') + 1)));
}

store::RetentionLimits retention_limits(const Config& config) {
  store::RetentionLimits limits;
  if (config.keep_days > 0) limits.age = seconds(config.keep_days * 86400);
  if (config.keep_mb > 0) limits.bytes = config.keep_mb * 1024 * 1024;
  return limits;
}

alerting::GroupingRules grouping_rules(const Config& config) { return {.gap = seconds(config.incident_gap_s)}; }

features::MeterConfig meter_config(const Config& config) {
  features::MeterConfig meter;
  meter.sensor = config.sensor;
  meter.idle_timeout = seconds(config.idle_timeout_s);
  meter.active_timeout = seconds(config.active_timeout_s);
  meter.tick = seconds(config.interval_s);
  meter.first_row = seconds(config.first_row_s);
  meter.repeat_features = false;  // nobody scores them
  meter.max_flows = static_cast<std::uint32_t>(config.max_flows);
  meter.early_packets = static_cast<std::uint32_t>(config.early_packets);
  return meter;
}

scoring::SensorContract sensor_contract(const Config& config) {
  scoring::SensorContract contract;
  contract.flow = {.idle_timeout_s = config.idle_timeout_s,
                   .active_timeout_s = config.active_timeout_s,
                   .tick_s = config.interval_s,
                   .first_row_s = config.first_row_s,
                   .early_packets = config.early_packets};
  contract.catalogue_hash = fmt::format("{:016x}", features::catalogue_hash());
  for (const auto& feature : features::kFeatures) contract.features.emplace_back(feature.name);
  return contract;
}

scoring::ModelLoader model_loader() { return scoring::onnx::load_model; }

base::Result<std::filesystem::path> model_dir(const std::string& given) {
  if (given.empty()) return default_model();
  return std::filesystem::path(given);
}

base::Result<std::unique_ptr<scoring::Detector>> load_detector(const std::string& dir, const Config& config,
                                                               const std::string& public_key) {
  const auto folder = model_dir(dir);
  if (!folder) return base::fail(folder.error());
  auto bundle = scoring::read_bundle(*folder);
  if (!bundle) return base::fail(bundle.error());
  if (!public_key.empty()) {
    if (const auto genuine = scoring::check_signature(*bundle, public_key); !genuine)
      return base::fail(genuine.error());
  }
  // What learns from its own network will judge otherwise than the bundle it came from: its verdicts say so.
  std::string& version = bundle->manifest.version;
  if (!config.calibrate_for.empty()) version = version.substr(0, version.find('+')) + "+own";
  return scoring::Detector::make(std::move(*bundle), sensor_contract(config), model_loader());
}

store::ModelRecord model_record(const scoring::Detector& detector) {
  store::ModelRecord record;
  record.version = detector.version();
  record.trained_on = detector.trained_on();
  record.feature_names.assign(detector.feature_names().begin(), detector.feature_names().end());
  for (const scoring::FeatureBaseline& baseline : detector.feature_baselines()) {
    record.medians.push_back(baseline.median);
    record.lows.push_back(baseline.low);
    record.highs.push_back(baseline.high);
  }
  record.threshold = detector.threshold();
  record.higher_is_worse = detector.higher_is_worse();
  record.loaded_at = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  return record;
}

}  // namespace weir::app
