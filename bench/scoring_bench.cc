// SPDX-License-Identifier: Apache-2.0
// How many rows a second a bundle scores on one thread, all of the Detector included (select, impute, scale, both models,
// reasons), against the anomaly model alone on inputs that are ready, and what the context of hosts adds to it.
//
//   scoring_bench [BUNDLE]      (models/default by default)
//
// Rows are drawn around the bundle's own baseline: most within the normal range, one in twenty far outside, so that the
// attack-type model and the reasons have work. Rounds take turns; medians and spread are printed, in rows per second of
// processor time, so that other work on the machine counts as little as can be.
#include <algorithm>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "features/feature_batch.h"
#include "features/host_context.h"
#include "scoring/detector.h"
#include "scoring/onnx/onnx_model.h"

namespace {

using namespace weir;

constexpr int kRounds = 7;
constexpr std::size_t kRowsPerRound = 32'768;

// A sensor that computes exactly what the bundle wants.
scoring::SensorContract matching_sensor(const scoring::BundleContract& contract) {
  return {.flow = contract.flow, .catalogue_hash = contract.catalogue_hash, .features = contract.catalogue};
}

features::FeatureBatch draw(const scoring::Detector& detector, std::size_t rows, std::mt19937& random) {
  std::uniform_real_distribution<float> within(0, 1);
  features::FeatureBatch batch;
  for (std::size_t i = 0; i < rows; ++i) {
    auto values = batch.add({});
    const float reach = i % 20 == 0 ? 5.0F : 1.0F;
    for (std::size_t j = 0; j < detector.feature_columns().size(); ++j) {
      const scoring::FeatureBaseline& normal = detector.feature_baselines()[j];
      values[detector.feature_columns()[j]] = normal.low + reach * within(random) * (normal.high - normal.low);
    }
  }
  return batch;
}

double rows_per_second(const std::function<void()>& once, std::size_t rows) {
  const std::clock_t start = std::clock();
  for (std::size_t done = 0; done < kRowsPerRound; done += rows) once();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return static_cast<double>(kRowsPerRound) / seconds;
}

void print(const char* what, std::size_t rows, std::vector<double> rates) {
  std::sort(rates.begin(), rates.end());
  fmt::print("{:<12} batch {:>5}: {:>9.0f} rows/s (of {} rounds {:.0f} to {:.0f})\n", what, rows,
             rates[rates.size() / 2], rates.size(), rates.front(), rates.back());
}

void measure(scoring::Detector& detector, scoring::Model& bare, std::size_t rows) {
  std::mt19937 random(1);
  const features::FeatureBatch batch = draw(detector, rows, random);
  std::vector<float> input(rows * detector.feature_columns().size());
  std::normal_distribution<float> standard;
  std::generate(input.begin(), input.end(), [&] { return standard(random); });
  std::vector<float> scores(rows);
  std::vector<scoring::Verdict> verdicts;
  std::vector<double> whole, model;
  for (int round = 0; round < kRounds; ++round) {
    whole.push_back(rows_per_second([&] { detector.score(batch, verdicts); }, rows));
    model.push_back(rows_per_second([&] { static_cast<void>(bare.run(input, rows, scores)); }, rows));
  }
  print("detector", rows, whole);
  print("bare model", rows, model);
  const auto anomalous = std::count_if(verdicts.begin(), verdicts.end(),
                                       [](const auto& v) { return v.status == scoring::Status::anomaly; });
  fmt::print("{:<12} {} of {} rows anomalous\n", "", anomalous, rows);
}

// A second's rows of a network: first rows of connections from clients to servers, half of them few, half from all over.
features::FeatureBatch a_slice(base::Timestamp end, std::size_t rows, std::mt19937& random) {
  const auto any = [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  features::FeatureBatch batch;
  batch.tick = end;
  for (std::size_t i = 0; i < rows; ++i) {
    features::Row row;
    const std::uint64_t uid = random();
    std::memcpy(row.flow.uid.bytes.data(), &uid, sizeof uid);
    row.flow.src_ip = base::IpAddress::v4(0xC6120000 + (i % 2 == 0 ? any(50) : any(20'000)));
    row.flow.dst_ip = base::IpAddress::v4(0xC6130000 + (i % 2 == 0 ? any(20) : any(5'000)));
    row.flow.dst_port = static_cast<std::uint16_t>(any(2) == 0 ? 443 : any(200));
    row.flow.protocol = 6;
    row.flow.started = end - base::Duration(any(1'000'000));
    row.flow.last = row.flow.started + base::Duration(1000);
    row.news = {.packets = {3, any(4)}, .payload_bytes = {any(2000), any(20'000)}, .first = true, .starts = true};
    batch.add(row);
  }
  return batch;
}

void measure_context(std::size_t rows) {
  std::mt19937 random(1);
  features::HostContext context;
  std::vector<features::FeatureBatch> slices;
  for (int second = 1; second <= 100; ++second) {
    slices.push_back(a_slice(base::from_us(1'700'000'000'000'000 + second * 1'000'000), rows, random));
  }
  std::vector<double> rates;
  std::size_t at = 0;
  const auto next = [&] {
    features::FeatureBatch& slice = slices[at++ % slices.size()];
    const features::HostContext::Rows all[] = {{&slice}};
    context.fill(all);
  };
  for (int round = 0; round < kRounds; ++round) rates.push_back(rows_per_second(next, rows));
  print("context", rows, rates);
  const auto report = context.report();
  fmt::print("{:<12} {} sources, {} pairs known, {} MB\n", "", report.sources, report.pairs,
             report.memory_bytes / 1'000'000);
}

int complain(const base::Error& error) {
  fmt::print(stderr, "scoring_bench: {}\n", error.message());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto bundle = scoring::read_bundle(argc > 1 ? argv[1] : "models/default");
  if (!bundle) return complain(bundle.error());
  const auto sensor = matching_sensor(bundle->manifest.contract);
  const auto detector = scoring::Detector::make(*bundle, sensor, scoring::onnx::load_model);
  if (!detector) return complain(detector.error());
  const auto bare = scoring::onnx::load_model(
      {.graph = bundle->anomaly_graph, .width = bundle->manifest.width(), .output = "", .labels = {}});
  if (!bare) return complain(bare.error());
  for (const std::size_t rows : {std::size_t{256}, std::size_t{4096}}) measure(**detector, **bare, rows);
  for (const std::size_t rows : {std::size_t{256}, std::size_t{4096}}) measure_context(rows);
  return 0;
}
