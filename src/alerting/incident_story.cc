// SPDX-License-Identifier: Apache-2.0
#include "alerting/incident_story.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/saturating_time.h"
#include "scoring/sentences.h"

namespace weir::alerting {

namespace {

constexpr std::size_t kReasons = 3;

// 12345 -> "12,345"
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string plural(std::uint64_t number, std::string_view one) {
  return fmt::format("{} {}{}", grouped(number), one, number == 1 ? "" : "s");
}

// An estimate is not worth its last digits: 102,347 -> "about 100,000".
std::string counted(const AddressSet& set, std::string_view one) {
  if (!set.is_estimate()) return plural(set.count(), one);
  const double digits = std::floor(std::log10(static_cast<double>(std::max<std::uint64_t>(set.count(), 1))));
  const auto unit = static_cast<std::uint64_t>(std::pow(10, std::max(0.0, digits - 1)));
  return fmt::format("about {}", plural((set.count() + unit / 2) / unit * unit, one));
}

std::string named(const AddressSet& set, std::string_view one) {
  return set.count() == 1 ? set.members().front().to_string() : counted(set, one);
}

std::string size(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < std::size(kUnits); ++unit) number /= 1000;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.3g} {}", number, kUnits[unit]);
}

std::string duration(base::Duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  if (seconds < 1) return "less than a second";
  if (seconds < 120) return plural(static_cast<std::uint64_t>(std::llround(seconds)), "second");
  if (seconds < 2 * 3600) return plural(static_cast<std::uint64_t>(std::llround(seconds / 60)), "minute");
  if (seconds < 2 * 86400) return fmt::format("{:.1f} hours", seconds / 3600);
  return fmt::format("{:.1f} days", seconds / 86400);
}

// "port 22", "ports 80 and 443", "1,000 ports (1-1024, ...)"
std::string ports(const PortSet& set) {
  if (set.count() == 1) return fmt::format("port {}", set.ranges().front().first);
  if (set.count() <= 4) {
    std::string list = set.to_string();
    for (std::size_t at = 0; (at = list.find(',', at)) != list.npos; at += 2) list.replace(at, 1, ", ");
    return "ports " + list;
  }
  return plural(set.count(), "port");
}

// "port scan" of "port_scan"
std::string spoken(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

enum class Kind { scan, brute_force, denial, beacon, tunnel, exfiltration, web, unknown, other };

// By the ATT&CK technique, which every bundle names; by its word where there is none.
Kind kind_of(const Incident& incident) {
  static const std::vector<std::pair<std::string_view, Kind>> techniques = {
      {"T1046", Kind::scan},         {"T1595", Kind::scan},   {"T1018", Kind::scan},
      {"T1110", Kind::brute_force},  {"T1498", Kind::denial}, {"T1499", Kind::denial},
      {"T1071", Kind::beacon},       {"T1572", Kind::tunnel}, {"T1048", Kind::exfiltration},
      {"T1041", Kind::exfiltration}, {"T1190", Kind::web}};
  for (const auto& [technique, kind] : techniques) {
    if (incident.technique.starts_with(technique)) return kind;
  }
  if (incident.attack_type.find("scan") != std::string::npos) return Kind::scan;
  if (incident.attack_type == "unknown") return Kind::unknown;
  return Kind::other;
}

std::string what(const Incident& i) {
  const std::string actor = named(i.actors, "source"), target = named(i.targets, "host");
  const bool has_ports = !i.ports.empty();
  switch (kind_of(i)) {
    case Kind::scan: return fmt::format("{} asked {} of {}", actor, has_ports ? ports(i.ports) : "addresses", target);
    case Kind::brute_force:
      return fmt::format("{} tried to log in at {}{} again and again", actor, target,
                         has_ports ? " on " + ports(i.ports) : "");
    case Kind::denial:
      return fmt::format("{} was flooded or held busy by {}{}", target, actor,
                         has_ports ? " on " + ports(i.ports) : "");
    case Kind::beacon:
      return fmt::format("{} called {} at regular times, as malware does that waits for orders", actor, target);
    case Kind::tunnel: return fmt::format("{} hid other traffic in what it sent to {}", actor, target);
    case Kind::exfiltration: return fmt::format("{} sent unusually much to {}", actor, target);
    case Kind::web: return fmt::format("{} attacked the web application of {}", actor, target);
    case Kind::unknown:
      return fmt::format("{} talked with {} in a way that the model has not seen as normal", actor, target);
    case Kind::other: return fmt::format("{} attacked {}{}", actor, target, has_ports ? " on " + ports(i.ports) : "");
  }
  return {};
}

std::string how_much(const Incident& i) {
  const base::Duration time = base::time_between(i.first_at, i.last_at);
  std::string text = fmt::format("{} in {}: {}, {}", plural(i.flows, "flow"), duration(time),
                                 plural(i.packets, "packet"), size(i.bytes));
  const double seconds = std::chrono::duration<double>(time).count();
  const double rate = static_cast<double>(i.flows) / std::max(seconds, 1.0);
  if (i.flows >= 10 && rate >= 1) text += fmt::format("; {:.3g} flows per second", rate);
  if (i.flows >= 5 && rate < 1) {
    const auto pause = std::chrono::duration_cast<base::Duration>(time / (i.flows - 1));
    text += fmt::format("; one every {} on average", duration(pause));
  }
  return text + ".";
}

// What most of the worst flows have in common comes first; what normal traffic has too, only when there is nothing else.
std::string why(std::span<const Detection> worst) {
  struct Shared {
    std::size_t flows = 0;
    float contribution = 0;
    const scoring::Reason* strongest = nullptr;

    auto weight() const { return std::tuple(scoring::beyond_normal(*strongest), contribution, flows); }
  };
  std::map<std::string, Shared> by_feature;
  for (const Detection& detection : worst) {
    for (const scoring::Reason& reason : detection.verdict.reasons) {
      Shared& shared = by_feature[reason.feature];
      shared.flows += 1;
      shared.contribution += reason.contribution;
      const auto tells = [](const scoring::Reason& r) { return std::pair(scoring::beyond_normal(r), r.contribution); };
      if (shared.strongest == nullptr || tells(reason) > tells(*shared.strongest)) shared.strongest = &reason;
    }
  }
  std::vector<const Shared*> order;
  for (const auto& [feature, shared] : by_feature) order.push_back(&shared);
  std::stable_sort(order.begin(), order.end(),
                   [](const Shared* a, const Shared* b) { return a->weight() > b->weight(); });
  const auto within_normal = [](const Shared* s) { return !scoring::beyond_normal(*s->strongest); };
  if (!order.empty() && !within_normal(order.front())) std::erase_if(order, within_normal);
  std::string text;
  for (std::size_t i = 0; i < order.size() && i < kReasons; ++i) {
    text += (i == 0 ? "What gave it away: " : " ") + scoring::sentence(*order[i]->strongest);
  }
  return text;
}

}  // namespace

std::string title(const Incident& i) {
  const std::string type = i.attack_type == "unknown" ? "Unusual traffic" : capitalised(spoken(i.attack_type));
  const std::string actor = named(i.actors, "source"), target = named(i.targets, "host");
  switch (kind_of(i)) {
    case Kind::scan: return fmt::format("{} of {} by {}", type, target, actor);
    case Kind::denial: return fmt::format("{} against {} from {}", type, target, actor);
    case Kind::beacon:
    case Kind::tunnel:
    case Kind::exfiltration: return fmt::format("{} from {} to {}", type, actor, target);
    case Kind::unknown: return fmt::format("{} between {} and {}", type, actor, target);
    default: return fmt::format("{} against {} by {}", type, target, actor);
  }
}

std::string story(const Incident& incident, std::span<const Detection> worst) {
  std::string text = capitalised(what(incident)) + ". " + how_much(incident);
  if (const std::string reasons = why(worst); !reasons.empty()) text += " " + reasons;
  return text;
}

}  // namespace weir::alerting
