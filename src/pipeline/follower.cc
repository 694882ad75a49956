// SPDX-License-Identifier: Apache-2.0
#include "pipeline/follower.h"

#include <fstream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/whole_file.h"

namespace weir::pipeline {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "weir-adaptation";
constexpr std::uintmax_t kMostBytes = 64 << 20;

std::string head_of(std::string_view json) {
  return fmt::format("{} {:08x}\n", kMagic, base::crc32c(std::as_bytes(std::span(json.data(), json.size()))));
}

// The JSON of a file that is whole.
base::Result<std::string> read_whole(const fs::path& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kMostBytes || error) return base::fail("it cannot be read");
  std::ifstream stream(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const std::size_t line = text.find('\n');
  if (line == std::string::npos || !text.starts_with(kMagic)) return base::fail("it is no such file of weir");
  std::string json = text.substr(line + 1);
  if (text.substr(0, line + 1) != head_of(json)) return base::fail("it is damaged");
  return json;
}

}  // namespace

std::optional<Follower> Follower::make(const FollowConfig& config, scoring::Detector& detector) {
  auto base = scoring::AdaptationBase::of(detector.bundle());
  if (!base) {
    if (config.say) config.say(fmt::format("the threshold will not follow slow drift: {}", base.error().message()));
    return std::nullopt;
  }
  scoring::AdaptationRules rules = config.rules;
  const auto& calibration = detector.bundle().manifest.calibration;
  if (calibration && calibration->asked_per_day > 0) rules.alerts_per_day = calibration->asked_per_day;
  Follower follower(config, detector, std::move(*base), rules);
  follower.take_up();
  return follower;
}

void Follower::take_up() {
  const fs::path& file = config_.get().file;
  std::error_code error;
  if (file.empty() || !fs::exists(file, error)) return;
  const auto json = read_whole(file);
  const auto restored = json ? adaptation_.restore(*json) : base::Result<>(base::fail(json.error()));
  if (!restored) {
    say(fmt::format("what the threshold had learnt is not taken up ({}): {}", file.string(),
                    restored.error().message()));
    return;
  }
  if (version() == base_.model) return;
  if (const auto known = announce(version(), adaptation_.threshold(), nullptr); !known) {
    say(fmt::format("the threshold is the calibrated one again: {}", known.error().message()));
    adaptation_ = scoring::Adaptation(base_, rules_);
    return;
  }
  detector_.get().set_threshold(adaptation_.threshold());
}

bool Follower::advance(base::Timestamp slice_end) {
  const auto step = adaptation_.advance(slice_end);
  if (!step) return false;
  scoring::Adaptation next = adaptation_;
  next.accept(*step);
  if (const auto known = announce(next.version(), step->to, &*step); !known) {
    say(fmt::format("the threshold stays as it is, since the new one cannot be stored: {}", known.error().message()));
    return false;
  }
  adaptation_.accept(*step);
  detector_.get().set_threshold(step->to);
  say(scoring::to_sentence(*step, base_));
  return true;
}

void Follower::save(bool all) {
  if ((!adaptation_.wants_saving() && !all) || config_.get().file.empty()) return;
  const std::string json = adaptation_.save();
  const auto written = base::replace_file(config_.get().file, head_of(json) + json);
  if (!written && !failed_to_save_) {
    say(fmt::format("what the threshold has learnt cannot be kept: {}", written.error().message()));
  }
  failed_to_save_ = !written;
}

base::Result<> Follower::announce(const std::string& version, float threshold,
                                  const scoring::AdaptationStep* step) const {
  if (!config_.get().announce) return {};
  return config_.get().announce(detector_, version, threshold, step);
}

void Follower::say(const std::string& sentence) const {
  if (config_.get().say) config_.get().say(sentence);
}

}  // namespace weir::pipeline
