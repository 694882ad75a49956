// SPDX-License-Identifier: Apache-2.0
#include "scoring/calibrated_bundle.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scoring/sha256.h"

namespace weir::scoring {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kEnoughRows = 500;
constexpr std::size_t kBins = 20;

std::string sha256_of(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text.data(), text.size()))); }

// Of sorted values, between neighbours by straight line.
double quantile(const std::vector<float>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (static_cast<double>(sorted[above]) - sorted[below]);
}

// Bins of about equal counts: few values in a heavy tail say nothing in bins of equal width.
void fill_histogram(const std::vector<float>& sorted, FeatureBaseline& feature) {
  feature.edges.clear();
  for (std::size_t i = 0; i <= kBins; ++i) {
    const double edge = quantile(sorted, static_cast<double>(i) / kBins);
    if (feature.edges.empty() || edge > feature.edges.back()) feature.edges.push_back(edge);
  }
  if (feature.edges.size() == 1) feature.edges.push_back(feature.edges.front());
  feature.counts.assign(feature.edges.size() - 1, 0);
  for (const float value : sorted) {
    const auto after = std::upper_bound(feature.edges.begin(), feature.edges.end(), static_cast<double>(value));
    const auto bin = static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - feature.edges.begin() - 1, 0));
    ++feature.counts[std::min(bin, feature.counts.size() - 1)];
  }
}

FeatureBaseline learn_feature(std::vector<float>& defined, std::size_t rows) {
  std::sort(defined.begin(), defined.end());
  FeatureBaseline feature;
  feature.median = static_cast<float>(quantile(defined, 0.5));
  feature.low = static_cast<float>(quantile(defined, 0.01));
  feature.high = static_cast<float>(quantile(defined, 0.99));
  feature.defined = static_cast<double>(defined.size()) / static_cast<double>(rows);
  fill_histogram(defined, feature);
  return feature;
}

std::string baseline_text(const Baseline& baseline, const std::vector<std::string>& names) {
  Json features = Json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FeatureBaseline& feature = baseline.features[i];
    features.push_back({{"name", names[i]},
                        {"median", feature.median},
                        {"low", feature.low},
                        {"high", feature.high},
                        {"defined", feature.defined},
                        {"histogram", {{"edges", feature.edges}, {"counts", feature.counts}}}});
  }
  return Json{{"rows", baseline.rows}, {"features", std::move(features)}}.dump() + "\n";
}

Json calibration_json(const Calibration& c) {
  Json spots = Json::array(), not_learnt = Json::array();
  for (const BlindSpot& own : c.spots) {
    Json spot;
    if (own.host) spot["host"] = own.host->to_string();
    if (own.service) spot["service"] = own.service->to_string();
    spot.update({{"threshold", own.threshold}, {"rows", own.rows}, {"flagged", own.flagged}});
    spots.push_back(std::move(spot));
  }
  for (const NotLearnt& host : c.not_learnt) {
    not_learnt.push_back({{"host", host.host.to_string()},
                          {"rows", host.rows},
                          {"flagged", host.flagged},
                          {"from_us", base::to_us(host.from)},
                          {"until_us", base::to_us(host.until)},
                          {"worst", host.worst}});
  }
  return {{"origin", c.origin},
          {"from_us", base::to_us(c.from)},
          {"until_us", base::to_us(c.until)},
          {"rows", c.rows},
          {"sources", c.sources},
          {"pairs", c.pairs},
          {"shipped_threshold", c.shipped_threshold},
          {"floor", c.floor},
          {"alerts_per_day",
           {{"asked", c.asked_per_day},
            {"expected", c.expected_per_day},
            {"low", c.low_per_day},
            {"high", c.high_per_day}}},
          {"blind_spots", std::move(spots)},
          {"not_learnt", std::move(not_learnt)},
          {"warnings", c.warnings}};
}

// Shares of rows that score at least as badly, dense where alerts happen: at the bad end.
Json quantiles_json(std::span<const CalibrationSample> samples, const Calibration& calibration, bool higher_is_worse) {
  std::vector<float> scores;
  for (const CalibrationSample& sample : samples) {
    const auto left_out = [&](const NotLearnt& host) { return host.host == sample.source; };
    if (std::any_of(calibration.not_learnt.begin(), calibration.not_learnt.end(), left_out)) continue;
    scores.push_back(sample.score);
  }
  if (scores.empty()) return nullptr;
  std::sort(scores.begin(), scores.end());
  if (higher_is_worse) std::reverse(scores.begin(), scores.end());
  const auto count = static_cast<double>(scores.size());
  std::vector<std::size_t> positions;
  for (double position = 1; position < count / 10; position *= 1.5)
    positions.push_back(static_cast<std::size_t>(position));
  for (int i = 2; i <= 20; ++i) positions.push_back(static_cast<std::size_t>(std::ceil(i * count / 20)));
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  std::vector<double> shares;
  std::vector<float> at;
  for (const std::size_t position : positions) {
    if (position == 0) continue;
    shares.push_back(static_cast<double>(position) / count);
    at.push_back(scores[position - 1]);
  }
  return {{"rows", scores.size()}, {"share", shares}, {"score", at}};
}

base::Result<Json> read_json(const fs::path& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return base::fail(path.string() + ": it is not a JSON object");
  return json;
}

base::Result<> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return base::fail(fmt::format("write {}: {}", path.string(), std::strerror(errno)));
  return {};
}

base::Result<> copy_one(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error) || fs::equivalent(from, to, error)) return {};
  error.clear();
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error) return base::fail(fmt::format("write {}: {}", to.string(), error.message()));
  return {};
}

base::Result<> copy_files(const Bundle& bundle, const fs::path& dir) {
  std::vector<std::string> names = {bundle.manifest.anomaly.file.name, "MODEL_CARD.md"};
  if (bundle.manifest.attack) names.push_back(bundle.manifest.attack->file.name);
  if (bundle.manifest.self_check) names.push_back(bundle.manifest.self_check->name);
  for (const std::string& name : names) {
    if (auto copied = copy_one(bundle.dir / name, dir / name); !copied) return copied;
  }
  return {};
}

}  // namespace

void NormalRows::add(const base::IpAddress& source, std::span<const float> inputs) {
  if (seen_++ % stride_ != 0) return;
  if (sources_.size() == capacity_) thin_out();
  sources_.push_back(source);
  values_.insert(values_.end(), inputs.begin(), inputs.end());
}

void NormalRows::thin_out() {
  std::size_t kept = 0;
  for (std::size_t row = 0; row < sources_.size(); row += 2, ++kept) {
    sources_[kept] = sources_[row];
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(row * width_), width_,
                values_.begin() + static_cast<std::ptrdiff_t>(kept * width_));
  }
  sources_.resize(kept);
  values_.resize(kept * width_);
  stride_ *= 2;
}

Baseline learn_baseline(const NormalRows& rows, const Calibration& calibration, const Baseline& shipped) {
  std::vector<std::size_t> learnt;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto same = [&](const NotLearnt& host) { return host.host == rows.source(row); };
    if (std::none_of(calibration.not_learnt.begin(), calibration.not_learnt.end(), same)) learnt.push_back(row);
  }
  if (learnt.size() < kEnoughRows) return shipped;
  Baseline baseline{.rows = learnt.size(), .features = shipped.features};
  std::vector<float> defined;
  for (std::size_t input = 0; input < rows.width(); ++input) {
    defined.clear();
    for (const std::size_t row : learnt) {
      if (std::isfinite(rows.value(row, input))) defined.push_back(rows.value(row, input));
    }
    if (!defined.empty()) baseline.features[input] = learn_feature(defined, learnt.size());
  }
  return baseline;
}

std::string to_json(const Calibration& calibration) {
  Json json = {{"threshold", calibration.threshold}};
  json.update(calibration_json(calibration));
  return json.dump();
}

ScoreScale score_scale(const Manifest& manifest) {
  const float shipped = manifest.calibration ? manifest.calibration->shipped_threshold : manifest.anomaly.threshold;
  return {.higher_is_worse = manifest.anomaly.higher_is_worse,
          .floor = manifest.anomaly.floor.value_or(shipped),
          .shipped_threshold = shipped};
}

base::Result<> write_calibrated(const Bundle& bundle, const Calibration& calibration,
                                std::span<const CalibrationSample> samples, const Baseline& baseline,
                                const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return base::fail(fmt::format("make {}: {}", dir.string(), error.message()));
  base::Result<Json> manifest = read_json(bundle.dir / "manifest.json");
  if (!manifest) return base::fail(manifest.error());
  if (auto copied = copy_files(bundle, dir); !copied) return copied;

  const std::string& baseline_name = bundle.manifest.baseline.name;
  const std::string baseline_json = baseline_text(baseline, bundle.manifest.contract.features);
  if (auto written = write_file(dir / baseline_name, baseline_json); !written) return written;

  Json& json = *manifest;
  json["anomaly"]["threshold"] = calibration.threshold;
  json["anomaly"]["score_quantiles"] = quantiles_json(samples, calibration, bundle.manifest.anomaly.higher_is_worse);
  json["baseline"] = {{"file", baseline_name}, {"sha256", sha256_of(baseline_json)}};
  json["calibration"] = calibration_json(calibration);
  const std::string shipped_version = bundle.manifest.version.substr(0, bundle.manifest.version.find('+'));
  const std::string name = sha256_of(json["calibration"].dump() + json["anomaly"].dump()).substr(0, 6);
  json["version"] = shipped_version + "+" + name;

  const fs::path temporary = dir / ".manifest.json.new";
  if (auto written = write_file(temporary, json.dump(1) + "\n"); !written) return written;
  fs::rename(temporary, dir / "manifest.json", error);
  if (error) return base::fail(fmt::format("write {}: {}", (dir / "manifest.json").string(), error.message()));
  return {};
}

}  // namespace weir::scoring
