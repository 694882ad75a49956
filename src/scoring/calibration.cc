// SPDX-License-Identifier: Apache-2.0
#include "scoring/calibration.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace weir::scoring {

namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr double kDay = 86'400e6;  // us

// A source is noisy when at least so many of its rows, and at least this share, are flagged by the floor.
constexpr std::uint64_t kNoisyRows = 2;
constexpr double kNoisyShare = 0.02;

// What lasts for a longer part of the time than this is a source's way, and no attack that came and went.
constexpr int kPassing = 4;  // 1 / part

// The common threshold is looser than the shipped one only where there is so much to say that it may be, and where of the
// pairs of each half no larger share would be alerts by what the other half gives.
constexpr std::uint64_t kRowsToLoosen = 1000;
constexpr std::size_t kSourcesToLoosen = 10;
constexpr double kShareToLoosen = 0.01;

// Of how many of the worst pairs the tail's scale is taken.
constexpr std::size_t kTailPairs = 20, kFewestTailPairs = 5;

// In all of this file, "bad" is a score turned so that more is worse.
struct Scored {
  base::Timestamp at;
  float bad;
};

struct Source {
  std::vector<Scored> rows;  // in the order of the samples
  std::uint64_t flagged = 0;
  std::uint64_t strong = 0;  // far beyond the floor
  float worst = 0;
  base::Timestamp flagged_from, flagged_until;

  bool noisy() const {
    return flagged >= kNoisyRows && static_cast<double>(flagged) > kNoisyShare * static_cast<double>(rows.size());
  }
};

using Sources = std::map<base::IpAddress, Source>;

// Thresholds before they become scores again.
struct Thresholds {
  float common = 0;
  std::map<base::IpAddress, float> own;
  std::vector<base::IpAddress> left_out;
  std::size_t beyond_cap = 0;  // noisy sources that could not get a threshold of their own

  float of(const base::IpAddress& host) const {
    const auto found = own.find(host);
    return found == own.end() ? common : found->second;
  }
};

class Calibrator {
 public:
  // No common threshold is looser than the score `loosest`.
  Calibrator(const ScoreScale& scale, const CalibrationOptions& options, float loosest)
      : scale_(scale), options_(options), loosest_(loosest) {}

  float bad(float score) const { return scale_.higher_is_worse ? score : -score; }
  float score(float bad) const { return scale_.higher_is_worse ? bad : -bad; }

  // From the rows of [from, until).
  Thresholds fit(std::span<const CalibrationSample> samples, base::Timestamp from, base::Timestamp until) {
    from_ = from;
    until_ = until;
    gather(samples);
    Thresholds thresholds;
    if (!options_.learn_all) leave_out(thresholds);
    give_own(thresholds);
    thresholds.common = std::max(bad(loosest_), common(thresholds));
    return thresholds;
  }

  const Sources& sources() const { return sources_; }

 private:
  // How far beyond the floor, in the scale of this model on this network: the floor is so far from the median row.
  float reach() const { return std::max(0.0F, bad(scale_.floor) - median_); }

  void gather(std::span<const CalibrationSample> samples) {
    sources_.clear();
    std::vector<float> all;
    for (const CalibrationSample& sample : samples) {
      if (sample.at < from_ || sample.at >= until_) continue;
      sources_[sample.source].rows.push_back({sample.at, bad(sample.score)});
      all.push_back(bad(sample.score));
    }
    if (all.empty()) return;
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    median_ = all[all.size() / 2];
    for (auto& [host, source] : sources_) describe(source);
  }

  void describe(Source& source) const {
    const float floor = bad(scale_.floor), strong = floor + reach();
    source.worst = source.rows.front().bad;
    for (const Scored& row : source.rows) {
      source.worst = std::max(source.worst, row.bad);
      if (row.bad < floor) continue;
      source.flagged_from = source.flagged == 0 ? row.at : std::min(source.flagged_from, row.at);
      source.flagged_until = std::max(source.flagged_until, row.at);
      ++source.flagged;
      source.strong += row.bad >= strong;
    }
  }

  // An attack within the traffic: few sources, for a part of the time, strongly. When many do so it is this network's way.
  void leave_out(Thresholds& thresholds) const {
    std::vector<base::IpAddress> suspects;
    for (const auto& [host, source] : sources_) {
      const bool strongly = source.strong >= 3 && source.strong * 5 >= source.flagged;
      const bool passing = (source.flagged_until - source.flagged_from) * kPassing <= until_ - from_;
      if (source.noisy() && strongly && passing) suspects.push_back(host);
    }
    if (suspects.size() <= std::max<std::size_t>(3, sources_.size() / 10)) thresholds.left_out = std::move(suspects);
  }

  bool is_left_out(const Thresholds& thresholds, const base::IpAddress& host) const {
    return std::find(thresholds.left_out.begin(), thresholds.left_out.end(), host) != thresholds.left_out.end();
  }

  void give_own(Thresholds& thresholds) const {
    std::vector<std::pair<float, base::IpAddress>> noisy;
    for (const auto& [host, source] : sources_) {
      if (source.noisy() && !is_left_out(thresholds, host)) noisy.emplace_back(source.worst, host);
    }
    std::sort(noisy.begin(), noisy.end(), [](const auto& a, const auto& b) { return a > b; });
    thresholds.beyond_cap = noisy.size() - std::min(noisy.size(), options_.max_hosts);
    noisy.resize(noisy.size() - thresholds.beyond_cap);
    for (const auto& [worst, host] : noisy) thresholds.own[host] = worst + reach() / 10;
  }

  std::vector<float> pairs(const Thresholds& thresholds) const {
    std::vector<float> worst;
    for (const auto& [host, source] : sources_) {
      if (thresholds.own.contains(host) || is_left_out(thresholds, host)) continue;
      std::map<std::int64_t, float> minutes;
      for (const Scored& row : source.rows) {
        const auto [minute, added] = minutes.try_emplace(base::to_us(row.at) / kMinute, row.bad);
        if (!added) minute->second = std::max(minute->second, row.bad);
      }
      for (const auto& [minute, bad] : minutes) worst.push_back(bad);
    }
    std::sort(worst.rbegin(), worst.rend());
    return worst;
  }

  // What as many pairs reach as may: read off where there are enough of them, by the tail's scale beyond.
  float common(const Thresholds& thresholds) const {
    const std::vector<float> worst = pairs(thresholds);
    if (worst.empty()) return bad(scale_.floor);
    const double allowed = options_.alerts_per_day * static_cast<double>((until_ - from_).count()) / kDay;
    const auto whole = static_cast<std::size_t>(allowed);
    if (whole >= 1 && whole < worst.size()) return std::nextafter(worst[whole], worst[0] + 1);
    if (whole >= worst.size()) return worst.back();

    const std::size_t tail = std::min(kTailPairs, worst.size() / 10);
    if (tail < kFewestTailPairs) return worst.front() + reach() / 10;
    double excess = 0;
    for (std::size_t i = 0; i < tail; ++i) excess += worst[i] - worst[tail];
    const double scale = excess / static_cast<double>(tail);
    const double reached = worst[tail] + scale * std::log(static_cast<double>(tail) / allowed);
    // A few pairs say little of a tail: no farther beyond the worst of them than twice its scale.
    return static_cast<float>(std::min(reached, worst.front() + 2 * scale));
  }

  const ScoreScale scale_;
  const CalibrationOptions options_;
  const float loosest_;
  base::Timestamp from_, until_;
  float median_ = 0;
  Sources sources_;
};

// (source, minute) pairs of [from, until) that would have been alerts.
std::uint64_t alerts(std::span<const CalibrationSample> samples, const Calibrator& calibrator,
                     const Thresholds& thresholds, const std::vector<base::IpAddress>& except, base::Timestamp from,
                     base::Timestamp until) {
  std::vector<std::pair<base::IpAddress, std::int64_t>> pairs;
  for (const CalibrationSample& sample : samples) {
    if (sample.at < from || sample.at >= until) continue;
    if (calibrator.bad(sample.score) < thresholds.of(sample.source)) continue;
    if (std::find(except.begin(), except.end(), sample.source) != except.end()) continue;
    pairs.emplace_back(sample.source, base::to_us(sample.at) / kMinute);
  }
  std::sort(pairs.begin(), pairs.end());
  return static_cast<std::uint64_t>(std::unique(pairs.begin(), pairs.end()) - pairs.begin());
}

// Each half by what the other half gives: alerts among its pairs. Those left out of all of it do not count: they are told of
// by themselves.
std::uint64_t expect(std::span<const CalibrationSample> samples, const ScoreScale& scale,
                     const CalibrationOptions& options, float loosest, const std::vector<base::IpAddress>& left_out,
                     Calibration& calibration) {
  const base::Timestamp end = calibration.until + base::Duration(1);
  const base::Timestamp middle = calibration.from + (end - calibration.from) / 2;
  Calibrator half(scale, options, loosest);
  const Thresholds first = half.fit(samples, calibration.from, middle);
  std::uint64_t count = alerts(samples, half, first, left_out, middle, end);
  const Thresholds second = half.fit(samples, middle, end);
  count += alerts(samples, half, second, left_out, calibration.from, middle);
  const double days = static_cast<double>((end - calibration.from).count()) / kDay;
  const auto [low, high] = poisson_interval(count);
  calibration.expected_per_day = static_cast<double>(count) / days;
  calibration.low_per_day = low / days;
  calibration.high_per_day = high / days;
  return count;
}

// Why the threshold must not be looser than the shipped one; empty when it may.
std::string too_little_to_loosen(const Calibration& calibration, std::uint64_t alerts) {
  if (calibration.rows < kRowsToLoosen || calibration.sources < kSourcesToLoosen) {
    return fmt::format("{} rows of {} sources say too little ({} and {} would do)", calibration.rows,
                       calibration.sources, kRowsToLoosen, kSourcesToLoosen);
  }
  if (static_cast<double>(alerts) > kShareToLoosen * static_cast<double>(calibration.pairs)) {
    return fmt::format("one half of this traffic does not foretell the other ({} of {} source-minutes would be alerts)",
                       alerts, calibration.pairs);
  }
  return {};
}

void warn(Calibration& calibration, std::size_t beyond_cap) {
  const double minutes = static_cast<double>((calibration.until - calibration.from).count()) / kMinute;
  auto& warnings = calibration.warnings;
  if (minutes < 5) {
    warnings.push_back(
        fmt::format("{:.1f} minutes of traffic are little: what comes every ten minutes was not seen", minutes));
  }
  if (calibration.rows < 1000) {
    warnings.push_back(fmt::format("{} rows are few: the threshold rests on a handful of them", calibration.rows));
  }
  if (calibration.sources < 3) {
    warnings.push_back(fmt::format("only {} of the network's hosts spoke", calibration.sources));
  }
  if (beyond_cap > 0) {
    warnings.push_back(
        fmt::format("{} more sources look like an attack by nature than may have a threshold of their own: "
                    "they have made the common threshold stricter",
                    beyond_cap));
  }
  if (calibration.low_per_day > calibration.asked_per_day) {
    warnings.push_back(
        fmt::format("more than the {:.4g} alerts a day that were asked for are to be expected: calibrate "
                    "with more traffic",
                    calibration.asked_per_day));
  }
}

}  // namespace

const HostThreshold* Calibration::find(const base::IpAddress& host) const {
  const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const auto& own) { return own.host == host; });
  return found == hosts.end() ? nullptr : &*found;
}

std::pair<double, double> poisson_interval(std::uint64_t count) {
  // Garwood's interval; the quantiles of chi-squared by Wilson and Hilferty, within 1 % from the first event on.
  constexpr double kZ = 1.6449;
  const auto half_chi_squared = [](double degrees, double z) {
    const double part = 2 / (9 * degrees);
    return degrees / 2 * std::pow(1 - part + z * std::sqrt(part), 3);
  };
  const auto n = static_cast<double>(count);
  return {count == 0 ? 0 : half_chi_squared(2 * n, -kZ), half_chi_squared(2 * n + 2, kZ)};
}

base::Result<Calibration> calibrate(std::span<const CalibrationSample> samples, const ScoreScale& scale,
                                    const CalibrationOptions& options) {
  if (samples.empty()) return base::fail("there is no flow in this traffic: nothing to learn from");
  const auto [first, last] =
      std::minmax_element(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  Calibration calibration;
  calibration.shipped_threshold = scale.shipped_threshold;
  calibration.floor = scale.floor;
  calibration.from = first->at;
  calibration.until = last->at;
  if (calibration.until - calibration.from < std::chrono::seconds(30)) {
    return base::fail(fmt::format("{:.0f} s of traffic are too little to learn from: five minutes or more are good",
                                  static_cast<double>((calibration.until - calibration.from).count()) / 1e6));
  }
  calibration.rows = samples.size();
  calibration.asked_per_day = options.alerts_per_day;

  std::vector<std::pair<base::IpAddress, std::int64_t>> pairs;
  for (const CalibrationSample& sample : samples) pairs.emplace_back(sample.source, base::to_us(sample.at) / kMinute);
  std::sort(pairs.begin(), pairs.end());
  calibration.pairs = static_cast<std::uint64_t>(std::unique(pairs.begin(), pairs.end()) - pairs.begin());

  const base::Timestamp end = calibration.until + base::Duration(1);
  Calibrator calibrator(scale, options, scale.floor);
  Thresholds thresholds = calibrator.fit(samples, calibration.from, end);
  calibration.sources = calibrator.sources().size();
  const std::uint64_t false_alerts = expect(samples, scale, options, scale.floor, thresholds.left_out, calibration);
  const float shipped = calibrator.bad(scale.shipped_threshold);
  if (thresholds.common < shipped) {
    if (const std::string why = too_little_to_loosen(calibration, false_alerts); !why.empty()) {
      thresholds.common = shipped;
      expect(samples, scale, options, scale.shipped_threshold, thresholds.left_out, calibration);
      calibration.warnings.push_back(fmt::format("the threshold is no looser than the shipped one: {}", why));
    }
  }
  calibration.threshold = calibrator.score(thresholds.common);
  for (const auto& [host, bad] : thresholds.own) {
    const Source& source = calibrator.sources().at(host);
    // A source that the common threshold lets through as well needs none of its own.
    if (bad <= thresholds.common) continue;
    calibration.hosts.push_back({host, calibrator.score(bad), source.rows.size(), source.flagged});
  }
  for (const base::IpAddress& host : thresholds.left_out) {
    const Source& source = calibrator.sources().at(host);
    calibration.not_learnt.push_back({host, source.rows.size(), source.flagged, source.flagged_from,
                                      source.flagged_until, calibrator.score(source.worst)});
  }
  warn(calibration, thresholds.beyond_cap);
  return calibration;
}

std::string to_text(const Calibration& c) {
  const double minutes = static_cast<double>((c.until - c.from).count()) / kMinute;
  std::string text = fmt::format("learnt from    {} rows of {} sources in {:.1f} minutes of {}\n", c.rows, c.sources,
                                 minutes, c.origin);
  text += fmt::format("threshold      {:.4g} (as shipped {:.4g}, never looser than {:.4g})\n", c.threshold,
                      c.shipped_threshold, c.floor);
  text += fmt::format(
      "to expect      {:.3g} alerts a day from normal traffic, with 90 % confidence {:.3g} to {:.3g}; asked "
      "for at most {:.4g}\n",
      c.expected_per_day, c.low_per_day, c.high_per_day, c.asked_per_day);
  text +=
      "               (an alert is a source that is flagged within a minute; each half of the traffic judged by the "
      "other)\n";
  if (!c.hosts.empty()) {
    text +=
        "\nBlind spots: the normal traffic of these sources looks like an attack, so each has a threshold of its own.\n"
        "What they do as they did here raises no alert.\n";
    for (const HostThreshold& own : c.hosts) {
      text += fmt::format("  {:<40} threshold {:.4g}, {} of {} rows flagged otherwise\n", own.host.to_string(),
                          own.threshold, own.flagged, own.rows);
    }
  }
  if (!c.not_learnt.empty()) {
    text +=
        "\nNot learnt from: these sources looked strongly like an attack for a while. Look at them; if that was "
        "normal,\n"
        "calibrate with --trust-all.\n";
    for (const NotLearnt& host : c.not_learnt) {
      text +=
          fmt::format("  {:<40} {} of {} rows within {:.0f} s, worst score {:.4g}\n", host.host.to_string(),
                      host.flagged, host.rows, static_cast<double>((host.until - host.from).count()) / 1e6, host.worst);
    }
  }
  for (const std::string& warning : c.warnings) text += fmt::format("\nNote: {}.\n", warning);
  return text;
}

}  // namespace weir::scoring
