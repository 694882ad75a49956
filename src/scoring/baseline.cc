// SPDX-License-Identifier: Apache-2.0
#include "scoring/baseline.h"

#include <algorithm>

#include "scoring/json_fields.h"

namespace weir::scoring {

namespace {

void read_histogram(JsonFields fields, FeatureBaseline& feature) {
  feature.edges = fields.numbers("edges");
  for (const double count : fields.numbers("counts")) feature.counts.push_back(static_cast<std::uint64_t>(count));
  const bool empty = feature.edges.empty() && feature.counts.empty();
  if (!empty && feature.edges.size() != feature.counts.size() + 1) {
    fields.refuse_field("edges", "must be one longer than \"counts\"");
  }
  if (!std::is_sorted(feature.edges.begin(), feature.edges.end())) fields.refuse_field("edges", "must rise");
}

FeatureBaseline read_feature(JsonFields fields, const std::string& expected) {
  if (const std::string name = fields.text("name"); name != expected) {
    fields.refuse_field("name", fmt::format("is \"{}\" where the manifest has \"{}\"", name, expected));
  }
  FeatureBaseline feature{.median = static_cast<float>(fields.number("median")),
                          .low = static_cast<float>(fields.number("low")),
                          .high = static_cast<float>(fields.number("high")),
                          .defined = fields.number("defined")};
  if (feature.low > feature.high) fields.refuse_field("low", "is above \"high\"");
  read_histogram(fields.object("histogram"), feature);
  return feature;
}

}  // namespace

base::Result<Baseline> parse_baseline(std::string_view json, std::span<const std::string> names) {
  JsonFields fields(json);
  Baseline baseline{.rows = fields.count("rows")};
  const std::vector<JsonFields> features = fields.objects("features");
  if (features.size() != names.size()) {
    fields.refuse_field("features", fmt::format("has {} entries for {} features", features.size(), names.size()));
  }
  for (std::size_t i = 0; fields.ok() && i < features.size(); ++i) {
    baseline.features.push_back(read_feature(features[i], names[i]));
  }
  if (!fields.ok()) return base::fail(fields.error());
  return baseline;
}

}  // namespace weir::scoring
