// SPDX-License-Identifier: Apache-2.0
#include "scoring/sensor_contract.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace weir::scoring {

namespace {

template <class T>
base::Result<> check_setting(std::string_view what, std::string_view unit, const T& bundle, const T& sensor) {
  if (bundle == sensor) return {};
  return base::fail(fmt::format("it was trained with {} {}{}, this sensor has {}{}", what, bundle, unit, sensor, unit));
}

base::Result<> check_flow(const FlowSemantics& bundle, const FlowSemantics& sensor) {
  if (auto r = check_setting("an idle timeout of", " s", bundle.idle_timeout_s, sensor.idle_timeout_s); !r) return r;
  if (auto r = check_setting("an active timeout of", " s", bundle.active_timeout_s, sensor.active_timeout_s); !r) {
    return r;
  }
  if (auto r = check_setting("a tick of", " s", bundle.tick_s, sensor.tick_s); !r) return r;
  if (auto r = check_setting("a first row after", " s", bundle.first_row_s, sensor.first_row_s); !r) return r;
  if (auto r = check_setting("early_packets =", "", bundle.early_packets, sensor.early_packets); !r) return r;
  return check_setting("subflow_mode =", "", bundle.subflow_mode, sensor.subflow_mode);
}

// The hashes differ: say where, as far as the names tell.
std::string first_difference(const BundleContract& bundle, const SensorContract& sensor) {
  const auto& then = bundle.catalogue;
  const auto& now = sensor.features;
  for (std::size_t i = 0; i < std::max(then.size(), now.size()); ++i) {
    if (i >= now.size()) return fmt::format("feature \"{}\" is gone", then[i]);
    if (i >= then.size()) return fmt::format("feature \"{}\" is new", now[i]);
    if (then[i] != now[i]) return fmt::format("column {} was \"{}\", now it is \"{}\"", i + 1, then[i], now[i]);
  }
  return fmt::format("the names are the same, but a definition is not (catalogue {}, now {})",
                     bundle.catalogue_hash.substr(0, 12), sensor.catalogue_hash.substr(0, 12));
}

}  // namespace

base::Result<> check_contract(const BundleContract& bundle, const SensorContract& sensor) {
  for (const std::string& name : bundle.features) {
    if (std::find(sensor.features.begin(), sensor.features.end(), name) == sensor.features.end()) {
      return base::fail(fmt::format("it wants the feature \"{}\", which this sensor does not compute", name));
    }
  }
  if (bundle.catalogue_hash != sensor.catalogue_hash) {
    return base::fail("it was trained on another feature catalogue: " + first_difference(bundle, sensor));
  }
  return check_flow(bundle.flow, sensor.flow);
}

}  // namespace weir::scoring
