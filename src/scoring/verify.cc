// SPDX-License-Identifier: Apache-2.0
#include "scoring/verify.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scoring/bundle.h"
#include "scoring/detector.h"

namespace weir::scoring {

namespace {

std::string found(const Bundle& bundle) {
  return fmt::format("{}: {} inputs, {} attack types; every file has its SHA-256", bundle.id(), bundle.manifest.width(),
                     bundle.label_count());
}

std::string repeated(const Bundle& bundle) {
  if (!bundle.self_check) return "the graphs load; the bundle brings no rows to check them with";
  return fmt::format("the graphs load and give training's results for {} rows, within {}", bundle.self_check->rows,
                     bundle.self_check->tolerance);
}

}  // namespace

VerifyReport verify(const std::filesystem::path& dir, const SensorContract& sensor, const ModelLoader& loader) {
  VerifyReport report;
  base::Result<Bundle> bundle = read_bundle(dir);
  report.steps.push_back({"files", bundle.has_value(), bundle ? found(*bundle) : bundle.error().message()});
  if (!report.ok()) return report;
  const base::Result<> contract = check_contract(bundle->manifest.contract, sensor);
  report.steps.push_back(
      {"contract", contract.has_value(),
       contract ? "this sensor computes what the bundle was trained on" : contract.error().message()});
  if (!report.ok()) return report;
  const std::string detail = repeated(*bundle);
  const auto detector = Detector::make(std::move(*bundle), sensor, loader);
  report.steps.push_back({"models", detector.has_value(), detector ? detail : detector.error().message()});
  return report;
}

std::string to_text(const VerifyReport& report) {
  std::string text;
  for (const VerifyStep& step : report.steps) {
    text += fmt::format("{:<8} {:<10} {}\n", step.ok ? "OK" : "FAILED", step.name, step.detail);
  }
  return text;
}

std::string to_json(const VerifyReport& report) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const VerifyStep& step : report.steps) {
    steps.push_back({{"name", step.name}, {"ok", step.ok}, {"detail", step.detail}});
  }
  return nlohmann::ordered_json{{"ok", report.ok()}, {"steps", steps}}.dump(2);
}

}  // namespace weir::scoring
