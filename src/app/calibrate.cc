// SPDX-License-Identifier: Apache-2.0
#include "app/calibrate.h"

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
  static constexpr std::size_t kMostRowsWaiting = 131'072;

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
      const base::IpAddress& source = asked_[i].row->flow.src_ip;
      traffic_.samples.push_back({source, slice_end, verdicts_[i].score});
      inputs_.clear();
      for (const std::size_t column : detector_.feature_columns()) inputs_.push_back(asked_[i].values[column]);
      traffic_.rows.add(source, inputs_);
    }
  }

  scoring::Detector& detector_;
  ScoredTraffic& traffic_;
  features::HostContext context_;
  features::SliceJoiner<Item> joiner_{1, kMostRowsWaiting, [this](std::span<Item> slice) { join(slice); }};
  std::vector<features::RowView> asked_;
  std::vector<scoring::Verdict> verdicts_;
  std::vector<float> inputs_;
};

base::Result<> check(const CalibrateArguments& arguments) {
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
      {.alerts_per_day = arguments.alerts_per_day, .max_hosts = arguments.max_hosts, .learn_all = arguments.trust_all});
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
      traffic.samples.push_back({detection.flow.src_ip, detection.flow.last, detection.verdict.score});
      if (detection.features.size() == traffic.rows.width())
        traffic.rows.add(detection.flow.src_ip, detection.features);
    }
    query.cursor = page->next_cursor;
  } while (!query.cursor.empty());
  if (traffic.samples.empty()) return base::fail(fmt::format("this store holds no flow that {} has scored", wanted));
  return traffic;
}

int calibrate_model(const CalibrateArguments& arguments) {
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
