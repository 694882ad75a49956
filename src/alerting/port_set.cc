// SPDX-License-Identifier: Apache-2.0
#include "alerting/port_set.h"

#include <algorithm>
#include <charconv>

namespace weir::alerting {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<PortSet::Range> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return PortSet::Range{*first, *last};
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

void PortSet::add(std::uint16_t port) { add_range({port, port}); }

void PortSet::merge(const PortSet& other) {
  for (const Range& range : other.ranges_) add_range(range);
}

void PortSet::add_range(Range range) {
  // The first one that touches or lies behind; numbers as int, since a neighbour of 65535 does not fit a port.
  const auto touches_or_follows = [](const Range& r, int first) { return r.last + 1 < first; };
  const auto begin = std::lower_bound(ranges_.begin(), ranges_.end(), int{range.first}, touches_or_follows);
  auto end = begin;
  for (; end != ranges_.end() && int{end->first} <= range.last + 1; ++end) {
    range = {std::min(range.first, end->first), std::max(range.last, end->last)};
  }
  if (begin == end) {
    ranges_.insert(begin, range);
  } else {
    *begin = range;
    ranges_.erase(begin + 1, end);
  }
}

std::uint32_t PortSet::count() const {
  std::uint32_t count = 0;
  for (const Range& range : ranges_) count += range.last - range.first + 1u;
  return count;
}

bool PortSet::contains(std::uint16_t port) const {
  const auto range = std::lower_bound(ranges_.begin(), ranges_.end(), port,
                                      [](const Range& r, std::uint16_t p) { return r.last < p; });
  return range != ranges_.end() && range->first <= port;
}

std::string PortSet::to_string() const {
  std::string text;
  for (const Range& range : ranges_) {
    if (!text.empty()) text += ',';
    text += std::to_string(range.first);
    if (range.last != range.first) text += '-' + std::to_string(range.last);
  }
  return text;
}

std::optional<PortSet> PortSet::parse(std::string_view text) {
  PortSet set;
  for (bool more = !text.empty(); more;) {
    const std::size_t comma = text.find(',');
    const auto range = parse_range(trimmed(text.substr(0, comma)));
    if (!range) return std::nullopt;
    set.add_range(*range);
    more = comma != text.npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return set;
}

}  // namespace weir::alerting
