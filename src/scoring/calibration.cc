// SPDX-License-Identifier: Apache-2.0
#include "scoring/calibration.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace weir::scoring {

namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr double kDay = 86'400e6;  // us

// Rows are noisy when at least so many of them, and more than this share, are flagged by the floor.
constexpr std::uint64_t kNoisyRows = 2;
constexpr double kNoisyShare = 0.02;

// A source with more noisy services than this is a blind spot whatever it asks for; a service with more noisy sources, and most
// of its sources noisy, whoever asks.
constexpr std::size_t kFewest = 3;

// So many services at most have a threshold that their own pairs set, instead of setting the common one.
constexpr std::size_t kLoudServices = 8;

// What lasts for a longer part of the time than this is a source's way, and no attack that came and went.
constexpr int kPassing = 3;  // 1 / part

// Strongly like an attack: so far beyond the floor, as a part of the median row's distance on the other side.
constexpr float kStrongPart = 0.5F;

// The common threshold is looser than the shipped one only where there is so much to say that it may be, and where of the
// pairs of each half no larger share would be alerts by what the other half gives.
constexpr std::uint64_t kRowsToLoosen = 1000;
constexpr std::size_t kSourcesToLoosen = 10;
constexpr double kShareToLoosen = 0.01;

// Of how many of the worst pairs the tail's scale is taken.
constexpr std::size_t kTailPairs = 20, kFewestTailPairs = 5;
// What few pairs say of their tail ends so many of its scales beyond the worst of them.
constexpr double kTailScales = 0.3;

// In all of this file, "bad" is a score turned so that more is worse.
struct Scored {
  base::Timestamp at;
  Service service;
  float bad;
};

struct Tally {
  std::uint64_t rows = 0;
  std::uint64_t flagged = 0;
  float worst = -std::numeric_limits<float>::infinity();

  void add(const Tally& other) {
    rows += other.rows;
    flagged += other.flagged;
    worst = std::max(worst, other.worst);
  }
  bool noisy() const {
    return flagged >= kNoisyRows && static_cast<double>(flagged) > kNoisyShare * static_cast<double>(rows);
  }
};

struct Source {
  std::vector<Scored> rows;  // in the order of the samples
  Tally all;
  std::uint64_t strong = 0;  // far beyond the floor
  base::Timestamp flagged_from, flagged_until;
};

using Sources = std::map<base::IpAddress, Source>;
using Use = std::pair<base::IpAddress, Service>;  // of a service by a source
using Uses = std::map<Use, Tally>;

// A blind spot before its threshold becomes a score again.
struct Spot {
  BlindSpot covered;
  Tally tally;
  float bad = 0;
};

// Thresholds before they become scores again.
struct Thresholds {
  float common = 0;
  std::vector<Spot> spots;     // the most lenient first
  std::vector<base::IpAddress> left_out;
  std::size_t beyond_cap = 0;  // blind spots that were one too many

  const Spot* find(const base::IpAddress& source, const Service& service) const {
    const auto found = std::find_if(spots.begin(), spots.end(),
                                    [&](const Spot& spot) { return spot.covered.covers(source, service); });
    return found == spots.end() ? nullptr : &*found;
  }
  float of(const base::IpAddress& source, const Service& service) const {
    const Spot* own = find(source, service);
    return own == nullptr ? common : std::max(common, own->bad);
  }
  bool leaves_out(const base::IpAddress& source) const {
    return std::find(left_out.begin(), left_out.end(), source) != left_out.end();
  }
};

// Blind spots out of the noisy uses: as narrow as they can be.
class Spots {
 public:
  explicit Spots(const Uses& uses) : uses_(uses) {
    for (const auto& [use, tally] : uses_) {
      if (tally.noisy()) noisy_.insert(use);
    }
    take_sources();
    take_services();
    for (const Use& use : noisy_) spots_.push_back({{.host = use.first, .service = use.second}, uses_.at(use)});
  }

  std::vector<Spot> take() { return std::move(spots_); }

 private:
  // A source with many noisy services, or whose other rows together are noisy (a probe of each port, once).
  void take_sources() {
    for (auto at = uses_.begin(); at != uses_.end();) {
      const base::IpAddress source = at->first.first;
      std::size_t noisy = 0;
      Tally all, rest;
      for (; at != uses_.end() && at->first.first == source; ++at) {
        all.add(at->second);
        if (noisy_.contains(at->first)) {
          ++noisy;
        } else {
          rest.add(at->second);
        }
      }
      if (noisy <= kFewest && !rest.noisy()) continue;
      sources_.insert(source);
      std::erase_if(noisy_, [&](const Use& use) { return use.first == source; });
      spots_.push_back({{.host = source}, all});
    }
  }

  // A service at which most sources are noisy.
  void take_services() {
    struct Sum {
      std::size_t sources = 0, noisy = 0;
      Tally all;
    };
    std::map<Service, Sum> sums;
    for (const auto& [use, tally] : uses_) {
      if (sources_.contains(use.first)) continue;
      Sum& sum = sums[use.second];
      ++sum.sources;
      sum.noisy += noisy_.contains(use);
      sum.all.add(tally);
    }
    for (const auto& [service, sum] : sums) {
      if (sum.noisy <= kFewest || 2 * sum.noisy <= sum.sources) continue;
      std::erase_if(noisy_, [&](const Use& use) { return use.second == service; });
      spots_.push_back({{.service = service}, sum.all});
    }
  }

  const Uses& uses_;
  std::set<Use> noisy_;
  std::set<base::IpAddress> sources_;
  std::vector<Spot> spots_;
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
    spare(thresholds);
    spare_loud_services(thresholds);
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
      sources_[sample.source].rows.push_back({sample.at, sample.service, bad(sample.score)});
      all.push_back(bad(sample.score));
    }
    if (all.empty()) return;
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    median_ = all[all.size() / 2];
    for (auto& [host, source] : sources_) describe(source);
  }

  void describe(Source& source) const {
    const float floor = bad(scale_.floor), strong = floor + reach() * kStrongPart;
    for (const Scored& row : source.rows) {
      source.all.add({1, row.bad >= floor, row.bad});
      if (row.bad < floor) continue;
      source.flagged_from = source.all.flagged == 1 ? row.at : std::min(source.flagged_from, row.at);
      source.flagged_until = std::max(source.flagged_until, row.at);
      source.strong += row.bad >= strong;
    }
  }

  // An attack within the traffic: few sources, for a part of the time, strongly. When many do so it is this network's way.
  void leave_out(Thresholds& thresholds) const {
    std::vector<base::IpAddress> suspects;
    for (const auto& [host, source] : sources_) {
      const bool strongly = source.strong >= 3 && source.strong * 5 >= source.all.flagged;
      const bool passing = (source.flagged_until - source.flagged_from) * kPassing <= until_ - from_;
      if (source.all.noisy() && strongly && passing) suspects.push_back(host);
    }
    if (suspects.size() <= std::max<std::size_t>(3, sources_.size() / 10)) thresholds.left_out = std::move(suspects);
  }

  void spare(Thresholds& thresholds) const {
    const float floor = bad(scale_.floor);
    Uses uses;
    for (const auto& [host, source] : sources_) {
      if (thresholds.leaves_out(host)) continue;
      for (const Scored& row : source.rows) uses[{host, row.service}].add({1, row.bad >= floor, row.bad});
    }
    std::vector<Spot> spots = Spots(uses).take();
    const auto place = [](const Spot& spot) {
      return std::tuple(-spot.tally.worst, spot.covered.host, spot.covered.service);
    };
    std::sort(spots.begin(), spots.end(), [&](const Spot& a, const Spot& b) { return place(a) < place(b); });
    thresholds.beyond_cap = spots.size() - std::min(spots.size(), options_.max_spots);
    spots.resize(spots.size() - thresholds.beyond_cap);
    for (Spot& spot : spots) spot.bad = spot.tally.worst + reach() / 10;
    thresholds.spots = std::move(spots);
  }

  // Calls visit(source, row) for each row that is neither left out nor in a blind spot.
  template <class Visit>
  void for_each_judged(const Thresholds& thresholds, const Visit& visit) const {
    for (const auto& [host, source] : sources_) {
      if (thresholds.leaves_out(host)) continue;
      for (const Scored& row : source.rows) {
        if (thresholds.find(host, row.service) == nullptr) visit(host, row);
      }
    }
  }

  // The worst of each (source, minute).
  struct Pairs {
    std::map<std::pair<base::IpAddress, std::int64_t>, float> worst;

    void add(const base::IpAddress& host, const Scored& row) {
      const auto [pair, added] = worst.try_emplace({host, base::to_us(row.at) / kMinute}, row.bad);
      if (!added) pair->second = std::max(pair->second, row.bad);
    }
    std::vector<float> worst_first() const {
      std::vector<float> all;
      all.reserve(worst.size());
      for (const auto& [pair, bad] : worst) all.push_back(bad);
      std::sort(all.rbegin(), all.rend());
      return all;
    }
  };

  // A service whose normal traffic reaches the floor raises the threshold for itself, and not for all others.
  void spare_loud_services(Thresholds& thresholds) const {
    const float floor = bad(scale_.floor);
    struct Heard {
      Pairs pairs;
      Tally tally;
    };
    std::map<Service, Heard> services;
    for_each_judged(thresholds, [&](const base::IpAddress& host, const Scored& row) {
      Heard& service = services[row.service];
      service.pairs.add(host, row);
      service.tally.add({1, row.bad >= floor, row.bad});
    });
    std::vector<Spot> loud;
    for (const auto& [service, of] : services) {
      if (of.tally.flagged == 0) continue;
      loud.push_back({{.service = service}, of.tally, reached(of.pairs.worst_first())});
    }
    const auto place = [](const Spot& spot) { return std::tuple(-spot.bad, spot.covered.service); };
    std::sort(loud.begin(), loud.end(), [&](const Spot& a, const Spot& b) { return place(a) < place(b); });
    const std::size_t room = options_.max_spots - std::min(options_.max_spots, thresholds.spots.size());
    loud.resize(std::min({loud.size(), room, kLoudServices}));
    // After the blind spots: what a host is spared by itself goes before.
    thresholds.spots.insert(thresholds.spots.end(), loud.begin(), loud.end());
  }

  float common(const Thresholds& thresholds) const {
    Pairs pairs;
    for_each_judged(thresholds, [&](const base::IpAddress& host, const Scored& row) { pairs.add(host, row); });
    const std::vector<float> worst = pairs.worst_first();
    return worst.empty() ? bad(scale_.floor) : reached(worst);
  }

  // What as many pairs reach as may: read off where there are enough of them, by the tail's scale beyond.
  float reached(const std::vector<float>& worst) const {
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
    return static_cast<float>(std::min(reached, worst.front() + kTailScales * scale));
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
    if (calibrator.bad(sample.score) < thresholds.of(sample.source, sample.service)) continue;
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
        fmt::format("{} more sources or services look like an attack by nature than may be blind spots: "
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

std::string Service::to_string() const {
  const std::string name = flow::protocol_name(protocol);
  return port == 0 ? name : fmt::format("{}/{}", port, name);
}

std::optional<Service> Service::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  Service service;
  if (slash != std::string_view::npos) {
    const char* const end = text.data() + slash;
    const auto [at, error] = std::from_chars(text.data(), end, service.port);
    if (error != std::errc() || at != end || service.port == 0) return std::nullopt;
    text.remove_prefix(slash + 1);
  }
  for (unsigned number = 0; number < 256; ++number) {
    service.protocol = static_cast<std::uint8_t>(number);
    if (flow::protocol_name(service.protocol) == text) return service;
  }
  return std::nullopt;
}

std::string BlindSpot::to_string() const {
  if (!host) return "anyone to " + service.value_or(Service{}).to_string();
  return service ? host->to_string() + " to " + service->to_string() : host->to_string();
}

const BlindSpot* Calibration::find(const base::IpAddress& source, const Service& service) const {
  const auto found =
      std::find_if(spots.begin(), spots.end(), [&](const BlindSpot& spot) { return spot.covers(source, service); });
  return found == spots.end() ? nullptr : &*found;
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
  for (const Spot& spot : thresholds.spots) {
    // What the common threshold lets through as well needs none of its own.
    if (spot.bad <= thresholds.common) continue;
    calibration.spots.push_back(
        {spot.covered.host, spot.covered.service, calibrator.score(spot.bad), spot.tally.rows, spot.tally.flagged});
  }
  for (const base::IpAddress& host : thresholds.left_out) {
    const Source& source = calibrator.sources().at(host);
    calibration.not_learnt.push_back({host, source.all.rows, source.all.flagged, source.flagged_from,
                                      source.flagged_until, calibrator.score(source.all.worst)});
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
  if (!c.spots.empty()) {
    text +=
        "\nBlind spots: this normal traffic looks like an attack, so each has a threshold of its own.\n"
        "What goes on there as it did here raises no alert.\n";
    for (const BlindSpot& own : c.spots) {
      text += fmt::format("  {:<40} threshold {:.4g}, {} of {} rows flagged otherwise\n", own.to_string(),
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
