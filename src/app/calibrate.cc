// SPDX-License-Identifier: Apache-2.0
#include "app/calibrate.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/registry.h"
#include "capture/pcap/open_file.h"
#include "decode/decoder.h"
#include "features/flow_meter.h"
#include "features/host_context.h"
#include "features/slice_joiner.h"
#include "scoring/describe.h"

namespace weir::app {

namespace {

// Rows of a slice: context, scores, samples.
class Collector {
 public:
  Collector(scoring::Detector& detector, ScoredTraffic& traffic) : detector_(detector), traffic_(traffic) {}

  void take(features::FeatureBatch& batch) { joiner_.push(0, {std::move(batch)}); }
  void end() { joiner_.end(0); }

 private:
  struct Item {
    features::FeatureBatch rows;
  };

  void join(std::span<Item> slice) {
    std::vector<features::HostContext::Rows> rows;
    for (Item& item : slice) rows.push_back({&item.rows});
    const auto places = context_.fill(rows);
    asked_.clear();
    for (const auto& [batch, row] : places) {
      const features::RowView view = slice[batch].rows.view(row);
      if (!view.row->news.none()) asked_.push_back(view);
    }
    score(slice.front().rows.tick);
  }

  void score(base::Timestamp slice_end) {
    detector_.score(asked_, verdicts_);
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (verdicts_[i].status == scoring::Status::unscored) {
        ++traffic_.unscored;
        continue;
      }
      const flow::FlowIdentity& flow = asked_[i].row->flow;
      traffic_.samples.push_back({flow.src_ip, scoring::Service::of(flow), slice_end, verdicts_[i].score});
      inputs_.clear();
      for (const std::size_t column : detector_.feature_columns()) inputs_.push_back(asked_[i].values[column]);
      traffic_.rows.add(flow.src_ip, inputs_);
    }
  }

  scoring::Detector& detector_;
  ScoredTraffic& traffic_;
  features::HostContext context_;
  features::SliceJoiner<Item> joiner_{1, features::kMostRowsJoined, [this](std::span<Item> slice) { join(slice); }};
  std::vector<features::RowView> asked_;
  std::vector<scoring::Verdict> verdicts_;
  std::vector<float> inputs_;
};

base::Result<> check(const CalibrateArguments& arguments) {
  if (!arguments.from_scores.empty()) {
    if (!arguments.read.empty() || !arguments.from_db.empty()) {
      return base::fail("a table of scores (--from-scores) is taken by itself, without -r and --from-db");
    }
    return {};
  }
  if (arguments.read.empty() == arguments.from_db.empty()) {
    return base::fail(
        arguments.read.empty()
            ? "nothing to learn from: give a capture of normal traffic (-r FILE) or a store (--from-db URL)"
            : "give either a capture (-r) or a store (--from-db), not both");
  }
  if (arguments.output.empty()) return base::fail("no folder is named for the calibrated model: give -o DIR");
  return {};
}

double share_read(const capture::SourceStats& source) {
  if (source.size_bytes == 0) return -1;
  return static_cast<double>(source.position_bytes) / static_cast<double>(source.size_bytes);
}

base::Result<ScoredTraffic> score_capture_with_progress(const std::string& path, const std::string& model_dir) {
  Progress progress;
  return score_capture(path, model_dir,
                       [&](const capture::SourceStats& source) { progress.show(source.packets, share_read(source)); });
}

std::string_view shipped_version(std::string_view version) { return version.substr(0, version.find('+')); }

base::Result<scoring::Calibration> calibrate(const CalibrateArguments& arguments) {
  if (auto checked = check(arguments); !checked) return base::fail(checked.error());
  const auto dir = model_dir(arguments.model);
  if (!dir) return base::fail(dir.error());
  const auto bundle = scoring::read_bundle(*dir);
  if (!bundle) return base::fail(bundle.error());

  const auto traffic = arguments.read.empty() ? scored_in_store(arguments.from_db, *bundle)
                                              : score_capture_with_progress(arguments.read, dir->string());
  if (!traffic) return base::fail(traffic.error());
  auto calibration = scoring::calibrate(
      traffic->samples, scoring::score_scale(bundle->manifest),
      {.alerts_per_day = arguments.alerts_per_day, .max_spots = arguments.max_spots, .learn_all = arguments.trust_all});
  if (!calibration) return base::fail_within(traffic->origin, calibration);
  calibration->origin = traffic->origin;
  if (traffic->unscored > 0) {
    calibration->warnings.push_back(fmt::format("{} rows could not be scored and were left out", traffic->unscored));
  }
  const scoring::Baseline baseline = scoring::learn_baseline(traffic->rows, *calibration, bundle->baseline);
  if (auto written = scoring::write_calibrated(*bundle, *calibration, traffic->samples, baseline, arguments.output);
      !written) {
    return base::fail(written.error());
  }
  return calibration;
}

constexpr std::string_view kScoreColumns = "source,protocol,port,at_us,score";

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && at == text.data() + text.size();
}

base::Result<scoring::CalibrationSample> read_sample(std::string_view line) {
  std::array<std::string_view, 5> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t comma = i + 1 < fields.size() ? line.find(',') : line.size();
    if (comma == std::string_view::npos) return base::fail("a field is missing");
    fields[i] = line.substr(0, comma);
    line.remove_prefix(std::min(comma + 1, line.size()));
  }
  const auto source = base::IpAddress::parse(std::string(fields[0]));
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;
  std::int64_t at_us = 0;
  float score = 0;
  if (!source) return base::fail(fmt::format("'{}' is no IP address", fields[0]));
  if (!read_number(fields[1], protocol)) return base::fail(fmt::format("'{}' is no protocol number", fields[1]));
  if (!read_number(fields[2], port)) return base::fail(fmt::format("'{}' is no port", fields[2]));
  if (!read_number(fields[3], at_us)) return base::fail(fmt::format("'{}' is no time in microseconds", fields[3]));
  if (!read_number(fields[4], score) || !std::isfinite(score)) {
    return base::fail(fmt::format("'{}' is no score", fields[4]));
  }
  return scoring::CalibrationSample{*source, scoring::Service::of(protocol, port), base::from_us(at_us), score};
}

base::Result<scoring::Calibration> calibration_of_scores(const CalibrateArguments& arguments) {
  if (auto checked = check(arguments); !checked) return base::fail(checked.error());
  scoring::ScoreScale scale;
  if (!arguments.floor || !arguments.shipped) {
    const auto dir = model_dir(arguments.model);
    if (!dir) return base::fail(dir.error());
    const auto bundle = scoring::read_bundle(*dir);
    if (!bundle) return base::fail(bundle.error());
    scale = scoring::score_scale(bundle->manifest);
  }
  scale.floor = arguments.floor.value_or(scale.floor);
  scale.shipped_threshold = arguments.shipped.value_or(scale.shipped_threshold);
  std::ifstream file;
  if (arguments.from_scores != "-") {
    file.open(arguments.from_scores);
    if (!file) return base::fail(fmt::format("open {}: {}", arguments.from_scores, std::strerror(errno)));
  }
  const auto samples = read_scores(arguments.from_scores == "-" ? std::cin : file);
  if (!samples) return base::fail_within(arguments.from_scores, samples);
  return scoring::calibrate(
      *samples, scale,
      {.alerts_per_day = arguments.alerts_per_day, .max_spots = arguments.max_spots, .learn_all = arguments.trust_all});
}

int calibrate_scores(const CalibrateArguments& arguments) {
  const auto calibration = calibration_of_scores(arguments);
  if (!calibration) return report(calibration.error());
  fmt::print("{}\n", scoring::to_json(*calibration));
  return kDone;
}

}  // namespace

base::Result<ScoredTraffic> score_capture(const std::string& path, const std::string& model_dir,
                                          const ReadingProgress& progress) {
  auto bundle = scoring::read_bundle(model_dir);
  if (!bundle) return base::fail(bundle.error());
  const Config config;
  auto detector = scoring::Detector::make(std::move(*bundle), sensor_contract(config), model_loader(), {.rows = 0});
  if (!detector) return base::fail(detector.error());
  auto source = capture::pcap::open_file(path);
  if (!source) return base::fail(source.error());

  ScoredTraffic traffic((*detector)->feature_columns().size());
  traffic.origin = path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
  Collector collector(**detector, traffic);
  features::FlowMeter meter(meter_config(config), [&](features::FeatureBatch& batch) { collector.take(batch); });
  decode::Decoder decoder;
  for (auto state = capture::PacketSource::State::open; state == capture::PacketSource::State::open;) {
    const auto batch = (*source)->next(std::chrono::seconds(1));
    if (!batch) return base::fail(batch.error());
    state = batch->state;
    meter.add(decoder.decode(batch->packets));
    if (progress) progress((*source)->stats());
  }
  meter.add(decoder.finish());
  meter.finish(flow::EndReason::forced);
  collector.end();
  return traffic;
}

base::Result<ScoredTraffic> scored_in_store(const std::string& url, const scoring::Bundle& bundle) {
  auto store = open_store(url);
  if (!store) return base::fail(store.error());
  const auto counts = (*store)->counts();
  if (!counts) return base::fail(counts.error());
  if (counts->normal == 0) {
    return base::fail("this store holds no normal flow: let the sensor run with --log all for a while");
  }
  ScoredTraffic traffic(bundle.manifest.width());
  traffic.origin = (*store)->describe();
  const std::string wanted = bundle.manifest.name + "@" + std::string(shipped_version(bundle.manifest.version));
  store::DetectionQuery query;
  query.limit = 1000;
  do {
    const auto page = (*store)->find(query);
    if (!page) return base::fail(page.error());
    for (const alerting::Detection& detection : page->detections) {
      if (shipped_version(detection.model_version) != wanted) continue;
      if (detection.verdict.status == scoring::Status::unscored) continue;
      traffic.samples.push_back(
          {detection.flow.src_ip, scoring::Service::of(detection.flow), detection.flow.last, detection.verdict.score});
      if (detection.features.size() == traffic.rows.width())
        traffic.rows.add(detection.flow.src_ip, detection.features);
    }
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  if (traffic.samples.empty()) return base::fail(fmt::format("this store holds no flow that {} has scored", wanted));
  return traffic;
}

base::Result<std::vector<scoring::CalibrationSample>> read_scores(std::istream& table) {
  std::string line;
  if (!std::getline(table, line) || line != kScoreColumns) {
    return base::fail(fmt::format("its first line must be {}", kScoreColumns));
  }
  std::vector<scoring::CalibrationSample> samples;
  for (std::size_t number = 2; std::getline(table, line); ++number) {
    const auto sample = read_sample(line);
    if (!sample) return base::fail(fmt::format("line {}: {}", number, sample.error().message()));
    samples.push_back(*sample);
  }
  return samples;
}

int calibrate_model(const CalibrateArguments& arguments) {
  if (!arguments.from_scores.empty()) return calibrate_scores(arguments);
  const auto calibration = calibrate(arguments);
  if (!calibration) return report(calibration.error());
  if (arguments.json) {
    const auto bundle = scoring::read_bundle(arguments.output);
    if (!bundle) return report(bundle.error());
    fmt::print("{}\n", scoring::describe_json(*bundle));
    return kDone;
  }
  fmt::print("{}\nWritten to {}. Use it: weir run --model {} ...\n", scoring::to_text(*calibration), arguments.output,
             arguments.output);
  return kDone;
}

}  // namespace weir::app
