// SPDX-License-Identifier: Apache-2.0
// How many rows a second a bundle scores on one thread, all of the Detector included (select, impute, scale, both models,
// reasons), against the anomaly model alone on inputs that are ready.
//
//   scoring_bench [BUNDLE]      (models/default by default)
//
// Rows are drawn around the bundle's own baseline: most within the normal range, one in twenty far outside, so that the
// attack-type model and the reasons have work. Rounds take turns; medians and spread are printed, in rows per second of
// processor time, so that other work on the machine counts as little as can be.
#include <algorithm>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "features/feature_batch.h"
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
  return 0;
}
