// SPDX-License-Identifier: Apache-2.0
#include "scoring/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "scoring/json_fields.h"

namespace weir::scoring {

namespace {

constexpr std::array<std::string_view, 5> kSeverities = {"none", "low", "medium", "high", "critical"};

// A name with a slash could lead out of the folder.
BundleFile read_file_reference(JsonFields& fields) {
  BundleFile file{.name = fields.text("file"), .sha256 = fields.text("sha256")};
  if (file.name.empty() || file.name.find('/') != std::string::npos || file.name.front() == '.') {
    fields.refuse_field("file", "must be a plain file name inside the bundle");
  }
  const bool hex = std::all_of(file.sha256.begin(), file.sha256.end(),
                               [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (file.sha256.size() != 64 || !hex) fields.refuse_field("sha256", "must be 64 lower-case hex digits");
  return file;
}

void refuse_repeated(JsonFields& fields, const char* key, const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) fields.refuse_field(key, fmt::format("names \"{}\" twice", name));
  }
}

FlowSemantics read_flow(JsonFields fields) {
  return {.idle_timeout_s = fields.number("idle_timeout_s"),
          .active_timeout_s = fields.number("active_timeout_s"),
          .tick_s = fields.number("tick_s"),
          .first_row_s = fields.number_or("first_row_s", 0),
          .early_packets = fields.count("early_packets"),
          .subflow_mode = fields.text("subflow_mode")};
}

BundleContract read_contract(JsonFields fields) {
  BundleContract contract{.flow = read_flow(fields.object("flow")),
                          .catalogue_hash = fields.text("catalogue_hash"),
                          .features = fields.texts("features"),
                          .catalogue = fields.texts("catalogue")};
  if (contract.features.empty()) fields.refuse_field("features", "is empty");
  refuse_repeated(fields, "features", contract.features);
  return contract;
}

std::vector<double> read_per_feature(JsonFields& fields, const char* key, const std::vector<std::string>& features) {
  std::vector<double> values = fields.numbers(key);
  if (values.size() != features.size()) {
    fields.refuse_field(key, fmt::format("has {} numbers for {} features", values.size(), features.size()));
  }
  return values;
}

Preprocessing read_preprocessing(JsonFields fields, const std::vector<std::string>& features) {
  Preprocessing p;
  const std::string mode = fields.text("mode");
  if (mode == "in_graph") {
    p.mode = PreprocessMode::in_graph;
    if (fields.has("median")) p.median = read_per_feature(fields, "median", features);
    return p;
  }
  if (mode != "standard") fields.refuse_field("mode", "must be \"standard\" or \"in_graph\"");
  p.median = read_per_feature(fields, "median", features);
  p.mean = read_per_feature(fields, "mean", features);
  p.scale = read_per_feature(fields, "scale", features);
  for (std::size_t i = 0; fields.ok() && i < features.size(); ++i) {
    if (!(p.scale[i] > 0)) fields.refuse_field("scale", fmt::format("of \"{}\" must be above zero", features[i]));
  }
  return p;
}

// Shares rise while scores go from the worst to the best: a table that can be searched.
std::vector<ScoreQuantile> read_quantiles(JsonFields fields, bool higher_is_worse) {
  const std::vector<double> shares = fields.numbers("share");
  const std::vector<double> scores = fields.numbers("score");
  if (shares.empty() || shares.size() != scores.size()) {
    fields.refuse_field("share", "and \"score\" must be lists of one length");
    return {};
  }
  std::vector<ScoreQuantile> table;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const bool share_ok = shares[i] > 0 && shares[i] <= 1 && (i == 0 || shares[i] >= shares[i - 1]);
    if (!share_ok) fields.refuse_field("share", "must rise within 0 and 1");
    const bool better = i == 0 || (higher_is_worse ? scores[i] <= scores[i - 1] : scores[i] >= scores[i - 1]);
    if (!better) fields.refuse_field("score", "must go from the worst score to the best");
    table.push_back({.share = shares[i], .score = static_cast<float>(scores[i])});
  }
  return table;
}

AnomalyModel read_anomaly(JsonFields fields) {
  AnomalyModel model{.file = read_file_reference(fields),
                     .output = fields.text_or("output", ""),
                     .higher_is_worse = fields.flag_or("higher_is_worse", false),
                     .threshold = static_cast<float>(fields.number("threshold"))};
  if (!std::isfinite(model.threshold)) fields.refuse_field("threshold", "must be a finite number");
  if (fields.has("floor")) model.floor = static_cast<float>(fields.number("floor"));
  if (fields.has("score_quantiles")) {
    JsonFields quantiles = fields.object("score_quantiles");
    model.benign_rows = quantiles.count("rows");
    model.quantiles = read_quantiles(quantiles, model.higher_is_worse);
  }
  return model;
}

AttackLabel read_label(JsonFields fields) {
  AttackLabel label{.name = fields.text("name"),
                    .severity = fields.text("severity"),
                    .technique = fields.text_or("technique", ""),
                    .benign = fields.flag_or("benign", false)};
  if (label.name.empty() || label.name == "unknown")
    fields.refuse_field("name", "must be a word other than \"unknown\"");
  if (std::find(kSeverities.begin(), kSeverities.end(), label.severity) == kSeverities.end()) {
    fields.refuse_field("severity", "must be none, low, medium, high or critical");
  }
  if (label.benign != (label.severity == "none")) {
    fields.refuse_field("severity", "is \"none\" exactly for a label with \"benign\": true");
  }
  return label;
}

AttackModel read_attack(JsonFields fields) {
  AttackModel model{.file = read_file_reference(fields),
                    .output = fields.text_or("output", ""),
                    .cascade = fields.flag_or("cascade", true),
                    .confidence_bound = static_cast<float>(fields.number("confidence_bound"))};
  if (!(model.confidence_bound >= 0 && model.confidence_bound <= 1)) {
    fields.refuse_field("confidence_bound", "must lie within 0 and 1");
  }
  std::vector<std::string> names;
  for (const JsonFields& label : fields.objects("labels")) {
    model.labels.push_back(read_label(label));
    names.push_back(model.labels.back().name);
  }
  if (names.empty()) fields.refuse_field("labels", "is empty");
  refuse_repeated(fields, "labels", names);
  const bool any_benign = std::any_of(model.labels.begin(), model.labels.end(), [](const auto& l) { return l.benign; });
  if (!model.cascade && !any_benign) {
    fields.refuse_field("labels", "need a benign one when \"cascade\" is false: else every row would be an attack");
  }
  return model;
}

base::IpAddress read_host(JsonFields& fields) {
  const auto host = base::IpAddress::parse(fields.text("host"));
  if (!host) fields.refuse_field("host", "is no IP address");
  return host.value_or(base::IpAddress());
}

BlindSpot read_blind_spot(JsonFields& fields) {
  BlindSpot spot{.threshold = static_cast<float>(fields.number("threshold")),
                 .rows = fields.count("rows"),
                 .flagged = fields.count("flagged")};
  if (fields.has("service")) {
    spot.service = Service::parse(fields.text("service"));
    if (!spot.service) fields.refuse_field("service", "is no service such as 443/tcp");
  }
  if (!spot.service || fields.has("host")) spot.host = read_host(fields);
  return spot;
}

base::Timestamp read_time(JsonFields& fields, const char* key) {
  return base::from_us(static_cast<std::int64_t>(fields.count(key)));
}

Calibration read_calibration(JsonFields fields, float threshold) {
  Calibration c;
  c.threshold = threshold;
  c.shipped_threshold = static_cast<float>(fields.number("shipped_threshold"));
  c.floor = static_cast<float>(fields.number("floor"));
  c.origin = fields.text("origin");
  c.from = read_time(fields, "from_us");
  c.until = read_time(fields, "until_us");
  c.rows = fields.count("rows");
  c.sources = fields.count("sources");
  c.pairs = fields.count("pairs");
  JsonFields alerts = fields.object("alerts_per_day");
  c.asked_per_day = alerts.number("asked");
  c.expected_per_day = alerts.number("expected");
  c.low_per_day = alerts.number("low");
  c.high_per_day = alerts.number("high");
  // Before there were services, a list of hosts.
  for (JsonFields& spot : fields.objects(fields.has("hosts") ? "hosts" : "blind_spots")) {
    c.spots.push_back(read_blind_spot(spot));
  }
  for (JsonFields& host : fields.objects("not_learnt")) {
    c.not_learnt.push_back({read_host(host), host.count("rows"), host.count("flagged"), read_time(host, "from_us"),
                            read_time(host, "until_us"), static_cast<float>(host.number("worst"))});
  }
  c.warnings = fields.texts("warnings");
  return c;
}

}  // namespace

base::Result<Manifest> parse_manifest(std::string_view json) {
  JsonFields fields(json);
  // First, so that a later format is refused by its number and not by a field that it no longer has.
  if (const std::uint64_t format = fields.count("format"); fields.ok() && format != kBundleFormat) {
    fields.refuse(fmt::format("it has bundle format {}, this weir reads format {}", format, kBundleFormat));
  }
  Manifest manifest{.name = fields.text("name"),
                    .version = fields.text("version"),
                    .created = fields.text_or("created", ""),
                    .trained_on = fields.object("trained_on").text("summary"),
                    .contract = read_contract(fields.object("contract"))};
  manifest.preprocessing = read_preprocessing(fields.object("preprocess"), manifest.contract.features);
  manifest.anomaly = read_anomaly(fields.object("anomaly"));
  if (fields.has("attack")) manifest.attack = read_attack(fields.object("attack"));
  JsonFields baseline = fields.object("baseline");
  manifest.baseline = read_file_reference(baseline);
  if (fields.has("self_check")) {
    JsonFields self_check = fields.object("self_check");
    manifest.self_check = read_file_reference(self_check);
  }
  if (fields.has("calibration")) {
    manifest.calibration = read_calibration(fields.object("calibration"), manifest.anomaly.threshold);
  }
  if (!fields.ok()) return base::fail(fields.error());
  return manifest;
}

}  // namespace weir::scoring
