// SPDX-License-Identifier: Apache-2.0
#include "app/reload.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/registry.h"

namespace weir::app {

namespace {

constexpr std::array<std::string_view, 5> kTakenUp = {"scoring.model", "scoring.model_public_key", "store.log",
                                                      "store.keep_days", "store.keep_mb"};

}  // namespace

std::vector<std::string> waiting_changes(const Config& running, const Config& next) {
  std::vector<std::string> phrases;
  for (const ConfigKey& key : config_keys()) {
    const bool same = std::visit([&](auto member) { return running.*member == next.*member; }, key.member);
    if (!same && std::ranges::find(kTakenUp, key.name) == kTakenUp.end()) {
      phrases.push_back(fmt::format("{} waits for the next start", key.name));
    }
  }
  if (running.sinks != next.sinks) phrases.push_back("[[sink]] waits for the next start");
  return phrases;
}

base::Result<std::vector<std::string>> Reload::reload() {
  std::lock_guard lock(mutex_);
  const auto next = read_();
  if (!next) return base::fail(next.error());
  if (pipeline_ == nullptr || server_ == nullptr) return base::fail("weir is still starting");
  return take_up(*next);
}

base::Result<std::vector<std::string>> Reload::take_up(const Config& next) {
  // The flows that are open are metered as they were at the start: that is what a new model must fit. It comes as it is: what
  // is learnt at the start is learnt by the model of the start.
  Config flows = running_;
  flows.calibrate_for.clear();
  auto detector = load_detector(next.model, flows, next.model_public_key);
  if (!detector) return base::fail(detector.error());
  const std::string manifest = (*detector)->bundle().manifest_text;
  const std::string version = (*detector)->version();
  const bool new_model = manifest != manifest_text_;
  if (new_model) {
    if (auto known = store_->put_model(model_record(**detector)); !known) return base::fail(known.error());
  }
  auto suppressions = store_->suppressions();  // another sensor or a person may have changed them in the database
  if (!suppressions) return base::fail(suppressions.error());
  if (auto renewed = server_->reload_certificate(); !renewed) return base::fail(renewed.error());

  std::vector<std::string> changed = waiting_changes(running_, next);
  const std::string before = pipeline_->status().model_version;
  if (new_model || next.log != running_.log) {
    auto taken = pipeline_->reload(new_model ? std::move(*detector) : nullptr, *alerting::parse_log_mode(next.log));
    if (!taken) return base::fail(taken.error());
  }
  suppressions_->set(std::move(*suppressions));
  if (new_model) changed.push_back(fmt::format("the model {} replaces {}", version, before));
  if (next.log != running_.log) changed.push_back(fmt::format("store.log is {}", next.log));
  manifest_text_ = manifest;
  running_.model = next.model;
  running_.model_public_key = next.model_public_key;
  running_.log = next.log;
  if (retention_limits(next) != retention_limits(running_)) {
    retention_->set_limits(retention_limits(next));
    changed.push_back(fmt::format("store.keep_days is {:g}, store.keep_mb is {}", next.keep_days, next.keep_mb));
  }
  running_.keep_days = next.keep_days;
  running_.keep_mb = next.keep_mb;
  return changed;
}

}  // namespace weir::app
