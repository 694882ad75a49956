// SPDX-License-Identifier: Apache-2.0
#include "scoring/describe.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::scoring {

namespace {

std::string line(std::string_view name, std::string_view text) { return fmt::format("{:<14} {}\n", name, text); }

std::string describe_contract(const BundleContract& contract) {
  const FlowSemantics& flow = contract.flow;
  return line("features", fmt::format("{} of a catalogue of {} ({})", contract.features.size(),
                                      contract.catalogue.size(), contract.catalogue_hash.substr(0, 12))) +
         line("flows", fmt::format("idle {} s, active {} s, tick {} s, first row {} s, early packets {}, sub-flows {}",
                                   flow.idle_timeout_s, flow.active_timeout_s, flow.tick_s, flow.first_row_s,
                                   flow.early_packets, flow.subflow_mode));
}

std::string describe_anomaly(const AnomalyModel& model) {
  std::string text = fmt::format("{}: a score {} {} is anomalous", model.file.name,
                                 model.higher_is_worse ? ">=" : "<=", model.threshold);
  if (model.benign_rows > 0) text += fmt::format("; p-values from {} benign rows", model.benign_rows);
  return line("anomaly", text);
}

std::string describe_attack(const AttackModel& model) {
  std::string text = line("attack type", fmt::format("{}: asked about {} rows, \"unknown\" below {}", model.file.name,
                                                     model.cascade ? "anomalous" : "all", model.confidence_bound));
  for (const AttackLabel& label : model.labels) {
    text += fmt::format("  {:<20} {:<10} {}\n", label.name, label.severity, label.technique);
  }
  return text;
}

std::string describe_features(const Bundle& bundle) {
  const auto& names = bundle.manifest.contract.features;
  std::size_t widest = 0;
  for (const std::string& name : names) widest = std::max(widest, name.size());
  std::string text = fmt::format("\n{:<{}} {:>14} {:>14} {:>14}\n", "input", widest, "benign 1 %", "median", "99 %");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const FeatureBaseline& feature = bundle.baseline.features[i];
    text += fmt::format("{:<{}} {:>14.6g} {:>14.6g} {:>14.6g}\n", names[i], widest, feature.low, feature.median,
                        feature.high);
  }
  return text;
}

nlohmann::ordered_json labels_json(const AttackModel& attack) {
  nlohmann::ordered_json labels = nlohmann::ordered_json::array();
  for (const AttackLabel& label : attack.labels) {
    labels.push_back({{"name", label.name}, {"severity", label.severity}, {"technique", label.technique}});
  }
  return labels;
}

nlohmann::ordered_json calibration_json(const Calibration& c) {
  nlohmann::ordered_json spots = nlohmann::ordered_json::array(), not_learnt = nlohmann::ordered_json::array();
  for (const BlindSpot& own : c.spots) {
    nlohmann::ordered_json spot = {{"host", nullptr}, {"service", nullptr}, {"threshold", own.threshold}};
    if (own.host) spot["host"] = own.host->to_string();
    if (own.service) spot["service"] = own.service->to_string();
    spots.push_back(std::move(spot));
  }
  for (const NotLearnt& host : c.not_learnt) not_learnt.push_back(host.host.to_string());
  return {{"origin", c.origin},
          {"threshold", c.threshold},
          {"shipped_threshold", c.shipped_threshold},
          {"rows", c.rows},
          {"sources", c.sources},
          {"alerts_per_day",
           {{"asked", c.asked_per_day},
            {"expected", c.expected_per_day},
            {"low", c.low_per_day},
            {"high", c.high_per_day}}},
          {"blind_spots", std::move(spots)},
          {"not_learnt", std::move(not_learnt)},
          {"warnings", c.warnings}};
}

nlohmann::ordered_json features_json(const Bundle& bundle) {
  nlohmann::ordered_json features = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < bundle.manifest.width(); ++i) {
    const FeatureBaseline& feature = bundle.baseline.features[i];
    features.push_back({{"name", bundle.manifest.contract.features[i]},
                        {"low", feature.low},
                        {"median", feature.median},
                        {"high", feature.high}});
  }
  return features;
}

}  // namespace

std::string describe(const Bundle& bundle) {
  const Manifest& manifest = bundle.manifest;
  std::string text = line("model", bundle.id()) + line("folder", bundle.dir.string());
  if (!manifest.created.empty()) text += line("created", manifest.created);
  text += line("trained on", manifest.trained_on) + describe_contract(manifest.contract) +
          describe_anomaly(manifest.anomaly);
  text += manifest.attack ? describe_attack(*manifest.attack) : line("attack type", "none in this bundle");
  text +=
      line("self-check", bundle.self_check ? fmt::format("{} rows", bundle.self_check->rows) : "none in this bundle");
  if (manifest.calibration) text += "\nCalibrated\n" + to_text(*manifest.calibration);
  return text + describe_features(bundle);
}

std::string describe_json(const Bundle& bundle) {
  const Manifest& manifest = bundle.manifest;
  const FlowSemantics& flow = manifest.contract.flow;
  nlohmann::ordered_json json = {{"name", manifest.name},
                                 {"version", manifest.version},
                                 {"created", manifest.created},
                                 {"trained_on", manifest.trained_on},
                                 {"flow",
                                  {{"idle_timeout_s", flow.idle_timeout_s},
                                   {"active_timeout_s", flow.active_timeout_s},
                                   {"tick_s", flow.tick_s},
                                   {"first_row_s", flow.first_row_s},
                                   {"early_packets", flow.early_packets},
                                   {"subflow_mode", flow.subflow_mode}}},
                                 {"catalogue_hash", manifest.contract.catalogue_hash},
                                 {"threshold", manifest.anomaly.threshold},
                                 {"higher_is_worse", manifest.anomaly.higher_is_worse},
                                 {"self_check_rows", bundle.self_check ? bundle.self_check->rows : 0}};
  if (manifest.attack) {
    json["attack"] = {{"cascade", manifest.attack->cascade},
                      {"confidence_bound", manifest.attack->confidence_bound},
                      {"labels", labels_json(*manifest.attack)}};
  }
  if (manifest.anomaly.floor) json["floor"] = *manifest.anomaly.floor;
  if (manifest.calibration) json["calibration"] = calibration_json(*manifest.calibration);
  json["features"] = features_json(bundle);
  return json.dump(2);
}

}  // namespace weir::scoring
