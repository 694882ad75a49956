// SPDX-License-Identifier: Apache-2.0
#include "scoring/adaptation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scoring/calibrated_bundle.h"
#include "scoring/json_fields.h"
#include "scoring/sha256.h"

namespace weir::scoring {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr std::uint64_t kFormat = 1;

// Between two slices of one run; longer is a gap in what was watched, and no calm.
constexpr base::Duration kLongestSlice = 5min;

// What moves by less than this part of a step is not worth a version of its own.
constexpr float kWorthwhile = 0.1F;

// It aims at this part of the alerts that may be.
constexpr double kAim = 0.25;

// After it went back, it gets no looser for so long.
constexpr base::Duration kNotLooser = 7 * 24h;

// A mean excess of this part of the width or more: the rows do not get fewer towards the threshold.
constexpr double kFlat = 0.48;

std::int64_t minute_of(base::Timestamp at) { return base::to_us(at) / 60'000'000; }

// The scale of an exponential that is cut off at `width`, from its mean: mean = scale - width / (exp(width / scale) - 1), which grows
// with the scale from 0 to width / 2.
double scale_of(double mean, double width) {
  double low = 0, high = 100 * width;
  for (int i = 0; i < 100; ++i) {
    const double scale = (low + high) / 2;
    const double expected = scale - width / std::expm1(width / scale);
    (expected < mean ? low : high) = scale;
  }
  return (low + high) / 2;
}

std::optional<float> median_score(const AnomalyModel& model) {
  // A table from the worst score to the best, with a line for each twentieth.
  const auto half = std::find_if(model.quantiles.begin(), model.quantiles.end(),
                                 [](const ScoreQuantile& quantile) { return quantile.share >= 0.499; });
  if (half == model.quantiles.end()) return std::nullopt;
  return half->score;
}

template <class Map, class Value>
Json pairs(const Map& map, const Value& value) {
  Json list = Json::array();
  for (const auto& [host, entry] : map) list.push_back({{"host", host.to_string()}, {"is", value(entry)}});
  return list;
}

base::IpAddress host_of(JsonFields& fields) {
  const auto host = base::IpAddress::parse(fields.text("host"));
  if (!host) fields.refuse_field("host", "is no IP address");
  return host.value_or(base::IpAddress());
}

}  // namespace

base::Result<AdaptationBase> AdaptationBase::of(const Bundle& bundle) {
  const AnomalyModel& anomaly = bundle.manifest.anomaly;
  const auto median = median_score(anomaly);
  if (!median) return base::fail("the bundle has no table of the scores of normal traffic");
  const ScoreScale scale = score_scale(bundle.manifest);
  return AdaptationBase{.model = bundle.id(),
                        .higher_is_worse = anomaly.higher_is_worse,
                        .threshold = anomaly.threshold,
                        .floor = scale.floor,
                        .median = *median,
                        .spots = bundle.manifest.calibration ? &bundle.manifest.calibration->spots : nullptr};
}

Adaptation::Adaptation(AdaptationBase base, AdaptationRules rules)
    : base_(std::move(base)),
      rules_(rules),
      base_bad_(bad(base_.threshold)),
      floor_bad_(bad(base_.floor)),
      reach_(std::max(0.0F, floor_bad_ - bad(base_.median))),
      threshold_(base_bad_) {}

bool Adaptation::frozen(base::Timestamp at) const {
  return (flagged_ && at - *flagged_ < rules_.calm) || distrusted_.size() >= kMostDistrusted;
}

std::optional<AdaptationStep> Adaptation::advance(base::Timestamp slice_end) {
  if (now_ && slice_end <= *now_) return std::nullopt;
  if (!day_begun_) day_begun_ = slice_end;
  // A clock that was set back, before a restart, must not hold it for years.
  if (flagged_ && *flagged_ > slice_end) flagged_ = slice_end;
  const base::Timestamp before = now_.value_or(slice_end);
  if (minute_of(slice_end) != minute_of(before)) end_minute();
  const base::Duration passed = slice_end - before;
  now_ = slice_end;
  if (auto step = back(slice_end)) return step;
  if (frozen(slice_end) || passed > kLongestSlice) return std::nullopt;
  calm_ += passed;
  if (calm_ < 1h) return std::nullopt;
  calm_ -= 1h;
  end_hour();
  if (++hours_ < kHoursOfADay) return std::nullopt;
  return end_day(slice_end);
}

void Adaptation::see(const flow::FlowIdentity& flow, const Verdict& verdict, bool hidden) {
  if (verdict.status == Status::unscored || !now_) return;
  if (verdict.status == Status::anomaly) {
    distrust(flow.src_ip);
    distrust(flow.dst_ip);
    if (hidden) return;
    flagged_ = now_;
    if (alerting_.size() < kMostSources) alerting_.insert(flow.src_ip);
    return;
  }
  if (frozen(*now_) || distrusts(flow.src_ip)) return;
  if (base_.spots != nullptr) {
    const Service service = Service::of(flow);
    const auto covers = [&](const BlindSpot& spot) { return spot.covers(flow.src_ip, service); };
    if (std::any_of(base_.spots->begin(), base_.spots->end(), covers)) return;
  }
  const auto known = minute_.find(flow.src_ip);
  if (known != minute_.end()) {
    known->second.worst = std::max(known->second.worst, bad(verdict.score));
    ++known->second.rows;
  } else if (minute_.size() < kMostSources) {
    minute_.emplace(flow.src_ip, OfAMinute{bad(verdict.score), 1});
  }
}

void Adaptation::distrust(const base::IpAddress& host) {
  const auto known = distrusted_.find(host);
  if (known != distrusted_.end()) {
    known->second = *now_;
    return;
  }
  minute_.erase(host);
  hour_.erase(host);
  day_.erase(host);
  if (const auto kept = pairs_.find(host); kept != pairs_.end()) {
    pair_count_ -= kept->second.size();
    pairs_.erase(kept);
  }
  if (distrusted_.size() < kMostDistrusted) distrusted_.emplace(host, *now_);
  distrust_grew_ = true;
}

bool Adaptation::distrusts(const base::IpAddress& host) const {
  const auto known = distrusted_.find(host);
  return known != distrusted_.end() && *now_ - known->second < rules_.distrust;
}

void Adaptation::end_minute() {
  alerts_ += alerting_.size();
  alerting_.clear();
  // A minute in which something was flagged is not learnt from, whether a row of it came before or after.
  if (flagged_ && minute_of(*flagged_) == minute_of(*now_)) minute_.clear();
  for (const auto& [host, seen] : minute_) {
    rows_ += seen.rows;
    keep_pair(host, seen.worst);
    const auto known = hour_.find(host);
    if (known != hour_.end()) {
      known->second = std::max(known->second, seen.worst);
    } else if (hour_.size() < kMostSources) {
      hour_.emplace(host, seen.worst);
    }
  }
  minute_.clear();
  for (auto& [host, since] : distrusted_) since = std::min(since, *now_);
  std::erase_if(distrusted_, [&](const auto& host) { return *now_ - host.second >= rules_.distrust; });
  unsaved_ = unsaved_ || std::exchange(distrust_grew_, false);
}

void Adaptation::end_hour() {
  for (const auto& [host, worst] : hour_) {
    std::vector<float>& kept = day_[host];
    kept.insert(std::upper_bound(kept.begin(), kept.end(), worst, std::greater<>()), worst);
    if (kept.size() > kHoursOfASource) kept.pop_back();
  }
  hour_.clear();
  unsaved_ = true;
  constexpr std::size_t kMostOfADay = kMostSources / 4;
  if (day_.size() <= kMostOfADay) return;
  std::vector<std::pair<float, base::IpAddress>> hosts;
  for (const auto& [host, kept] : day_) hosts.emplace_back(kept.front(), host);
  std::nth_element(hosts.begin(), hosts.begin() + kMostOfADay, hosts.end(), std::greater<>());
  for (std::size_t i = kMostOfADay; i < hosts.size(); ++i) day_.erase(hosts[i].second);
}

void Adaptation::keep_pair(const base::IpAddress& host, float worst) {
  if (worst < cut_) return;
  pairs_[host].push_back(worst);
  if (++pair_count_ <= kMostPairs) return;
  std::vector<float> all;
  for (const auto& [source, kept] : pairs_) all.insert(all.end(), kept.begin(), kept.end());
  const auto half = all.begin() + kMostPairs / 2;
  std::nth_element(all.begin(), half, all.end(), std::greater<>());
  cut_ = *half;
  // Of those on the cut itself only as many as there is room for: scores may well be equal.
  auto room = static_cast<std::size_t>(std::count(all.begin(), half, cut_));
  const auto take = [&] { return room > 0 && room-- > 0; };
  pair_count_ = 0;
  for (auto& [source, kept] : pairs_) {
    std::erase_if(kept, [&](float value) { return value < cut_ || (value == cut_ && !take()); });
    pair_count_ += kept.size();
  }
  std::erase_if(pairs_, [](const auto& source) { return source.second.empty(); });
}

// The least that as few pairs reach as it aims at, with the alerts that there were; nothing when those are too many already.
std::optional<float> Adaptation::looser(double days) const {
  const double room = kAim * rules_.alerts_per_day - static_cast<double>(alerts_) / days;
  std::vector<float> worst;
  for (const auto& [host, kept] : pairs_) worst.insert(worst.end(), kept.begin(), kept.end());
  if (room < 0 || worst.empty()) return std::nullopt;
  std::sort(worst.begin(), worst.end(), std::greater<>());
  const std::size_t rank = std::min(static_cast<std::size_t>(room), worst.size() - 1);
  return std::nextafter(worst[rank], std::numeric_limits<float>::max());
}

// What the rows just below the threshold foretell, if that is a stricter one; else nothing.
std::optional<float> Adaptation::stricter() const {
  std::vector<std::pair<float, base::IpAddress>> near;
  for (const auto& [host, kept] : day_) {
    for (const float value : kept) {
      if (value >= threshold_ - furthest()) near.emplace_back(value, host);
    }
  }
  std::sort(near.begin(), near.end(), std::greater<>());
  // Up to the threshold itself, or they say nothing of what is beyond it.
  const auto presses = [&](const auto& entry) { return entry.first >= threshold_ - step(); };
  std::set<base::IpAddress> hosts, pressing;
  const std::size_t tail = std::min(kTail, near.size());
  for (std::size_t i = 0; i < tail; ++i) {
    hosts.insert(near[i].second);
    if (presses(near[i])) pressing.insert(near[i].second);
  }
  if (tail < kFewestTail || hosts.size() < kFewestSources || pressing.size() < kFewestPressing) return std::nullopt;

  const double from = tail < near.size() ? near[tail].first : threshold_ - furthest(), width = threshold_ - from;
  double mean = 0;
  for (std::size_t i = 0; i < tail; ++i) mean += (near[i].first - from) / static_cast<double>(tail);
  if (width <= 0 || mean <= 0) return std::nullopt;
  if (mean >= kFlat * width) return threshold_ + step();
  const double scale = scale_of(mean, width);
  const double beyond = static_cast<double>(tail) / -std::expm1(-width / scale);  // of `from`, if nothing were cut off
  const double to = from + scale * std::log(beyond / (kAim * rules_.alerts_per_day));
  return to > threshold_ ? std::optional(static_cast<float>(to)) : std::nullopt;
}

// Where the day would have the threshold, no step further than it may go.
float Adaptation::aimed(double days) {
  if (rows_ < kFewestRows || day_.size() < kFewestSources) {
    last_outcome_ = fmt::format("{} rows of {} sources say too little ({} and {} would do)", rows_, day_.size(),
                                kFewestRows, kFewestSources);
    return threshold_;
  }
  last_outcome_ = "it asked for no change";
  const auto within = [&](float to) {
    to = std::clamp(to, threshold_ - step(), threshold_ + step());
    to = std::clamp(to, base_bad_ - furthest(), base_bad_ + furthest());
    // Where calibration itself went to the floor or beyond, no looser than that.
    to = std::max(to, std::min(floor_bad_, base_bad_));
    if (std::abs(to - threshold_) >= kWorthwhile * step()) return to;
    last_outcome_ = "the threshold is as far as it may go";
    return threshold_;
  };
  if (const auto to = stricter()) return within(*to);
  const auto to = looser(days);
  if (!to) last_outcome_ = "it had alerts enough";
  if (!to || *to >= threshold_ - kWorthwhile * step()) return threshold_;
  if (went_back_ && *now_ - *went_back_ < kNotLooser) {
    last_outcome_ = "a looser threshold had raised too many alerts a short while ago";
    return threshold_;
  }
  return within(*to);
}

std::optional<AdaptationStep> Adaptation::end_day(base::Timestamp at) {
  const float to = aimed(std::max(1.0, days_until(at)));
  const AdaptationStep step{.from = score(threshold_), .to = score(to), .at = at, .rows = rows_};
  forget_day(at);
  return to == threshold_ ? std::nullopt : std::optional(step);
}

std::optional<AdaptationStep> Adaptation::back(base::Timestamp at) {
  const double may = rules_.alerts_per_day * std::max(1.0, days_until(at));
  if (threshold_ >= base_bad_ || static_cast<double>(alerts_) <= may) return std::nullopt;
  const AdaptationStep step{.from = score(threshold_), .to = base_.threshold, .at = at, .rows = rows_, .back = true};
  forget_day(at);
  return step;
}

double Adaptation::days_until(base::Timestamp at) const {
  return std::chrono::duration<double>(at - day_begun_.value_or(at)).count() / 86400;
}

void Adaptation::forget_day(base::Timestamp at) {
  day_.clear();
  pairs_.clear();
  pair_count_ = 0;
  cut_ = std::numeric_limits<float>::lowest();
  hours_ = 0;
  rows_ = alerts_ = 0;
  day_begun_ = at;
}

void Adaptation::accept(const AdaptationStep& step) {
  threshold_ = bad(step.to);
  changed_ = step.at;
  ++changes_;
  if (step.back) went_back_ = step.at;
  last_outcome_ = step.back                       ? "back to where it was set: the looser one raised too many alerts"
                  : bad(step.to) > bad(step.from) ? "one step stricter"
                                                  : "one step looser";
  unsaved_ = true;
}

std::string Adaptation::version() const {
  if (threshold_ == base_bad_) return base_.model;
  const std::string facts = fmt::format("{} {}", base_.model, threshold());
  const std::string digits = sha256_hex(std::as_bytes(std::span(facts.data(), facts.size()))).substr(0, 6);
  return fmt::format("{}{}.{}", base_.model, base_.model.find('+') == std::string::npos ? "+adapted" : "", digits);
}

AdaptationReport Adaptation::report() const {
  return {.base = base_.threshold,
          .threshold = threshold(),
          .changed = changed_,
          .changes = changes_,
          .frozen = now_ && frozen(*now_),
          .calm_hours = hours_ + std::chrono::duration<double, std::ratio<3600>>(calm_).count(),
          .last_outcome = last_outcome_};
}

std::string Adaptation::save() const {
  const auto time = [](const std::optional<base::Timestamp>& at) { return at ? Json(base::to_us(*at)) : Json(); };
  const auto itself = [](const auto& value) { return value; };
  return Json{{"format", kFormat},
              {"model", base_.model},
              {"base_threshold", base_.threshold},
              {"floor", base_.floor},
              {"threshold", threshold()},
              {"changed_us", time(changed_)},
              {"changes", changes_},
              {"last_outcome", last_outcome_},
              {"flagged_us", time(flagged_)},
              {"day_begun_us", time(day_begun_)},
              {"calm_us", calm_.count()},
              {"hours", hours_},
              {"rows", rows_},
              {"alerts", alerts_},
              {"went_back_us", time(went_back_)},
              {"cut", cut_ == std::numeric_limits<float>::lowest() ? Json() : Json(cut_)},
              {"hour", pairs(hour_, itself)},
              {"pairs", pairs(pairs_, itself)},
              {"day", pairs(day_, itself)},
              {"distrusted", pairs(distrusted_, [](base::Timestamp since) { return base::to_us(since); })}}
      .dump();
}

base::Result<> Adaptation::restore(std::string_view json) {
  JsonFields fields(json);
  const auto time = [&](const char* key) -> std::optional<base::Timestamp> {
    if (!fields.has(key)) return std::nullopt;
    return base::from_us(static_cast<std::int64_t>(fields.count(key)));
  };
  if (const std::uint64_t format = fields.count("format"); fields.ok() && format != kFormat)
    return base::fail("it is of another version of weir");
  const std::string model = fields.text("model");
  if (fields.ok() && (model != base_.model || static_cast<float>(fields.number("base_threshold")) != base_.threshold ||
                      static_cast<float>(fields.number("floor")) != base_.floor)) {
    return base::fail(fmt::format("it belongs to {}, or another calibration of it", model));
  }
  Adaptation next(base_, rules_);
  next.threshold_ = bad(static_cast<float>(fields.number("threshold")));
  next.changed_ = time("changed_us");
  next.changes_ = fields.count("changes");
  next.last_outcome_ = fields.text("last_outcome");
  next.flagged_ = time("flagged_us");
  next.day_begun_ = time("day_begun_us");
  next.went_back_ = time("went_back_us");
  if (fields.has("cut")) next.cut_ = static_cast<float>(fields.number("cut"));
  next.calm_ = base::Duration(static_cast<std::int64_t>(fields.count("calm_us")));
  next.hours_ = static_cast<int>(std::min<std::uint64_t>(fields.count("hours"), kHoursOfADay));
  next.rows_ = fields.count("rows");
  next.alerts_ = fields.count("alerts");
  for (JsonFields entry : fields.objects("hour")) {
    const base::IpAddress host = host_of(entry);
    next.hour_[host] = static_cast<float>(entry.number("is"));
  }
  for (JsonFields entry : fields.objects("day")) {
    const base::IpAddress host = host_of(entry);
    for (const double value : entry.numbers("is")) next.day_[host].push_back(static_cast<float>(value));
  }
  for (JsonFields entry : fields.objects("pairs")) {
    const base::IpAddress host = host_of(entry);
    for (const double value : entry.numbers("is")) next.pairs_[host].push_back(static_cast<float>(value));
    next.pair_count_ += next.pairs_[host].size();
  }
  for (JsonFields entry : fields.objects("distrusted")) {
    const base::IpAddress host = host_of(entry);
    next.distrusted_[host] = base::from_us(static_cast<std::int64_t>(entry.count("is")));
  }
  if (!fields.ok()) return base::fail(fields.error());
  // The bounds hold for what a file says, too.
  const bool within = std::abs(next.threshold_ - base_bad_) <= furthest() * 1.001F &&
                      next.threshold_ >= std::min(floor_bad_, base_bad_) && next.hours_ < kHoursOfADay &&
                      next.calm_ < 1h && next.pair_count_ <= kMostPairs && next.day_.size() <= kMostSources &&
                      next.hour_.size() <= kMostSources && next.distrusted_.size() <= kMostDistrusted;
  if (!within) return base::fail("it goes beyond the bounds of adaptation");
  *this = std::move(next);
  return {};
}

std::string to_sentence(const AdaptationStep& step, const AdaptationBase& base) {
  const std::string moves = fmt::format("the threshold goes from {:.4g} to {:.4g}", step.from, step.to);
  if (step.back) return moves + ", back to where it was set, since the looser one raised too many alerts";
  const bool stricter = (step.to > step.from) == base.higher_is_worse;
  return fmt::format("{}, one step {}, as {} rows of 24 calm hours ask for; it was set to {:.4g}", moves,
                     stricter ? "stricter" : "looser", step.rows, base.threshold);
}

std::string to_sentence(const AdaptationReport& r) {
  std::string text = r.changed ? fmt::format("threshold {:.4g}, set to {:.4g}, last moved {:%Y-%m-%d %H:%M} UTC",
                                             r.threshold, r.base, std::chrono::floor<std::chrono::seconds>(*r.changed))
                               : fmt::format("threshold {:.4g} as it was set", r.threshold);
  if (!r.last_outcome.empty()) text += fmt::format("; the last day: {}", r.last_outcome);
  text += fmt::format("; {:.1f} of 24 calm hours seen", r.calm_hours);
  if (r.frozen) text += "; standing still, since something was flagged a short while ago";
  return text;
}

}  // namespace weir::scoring
