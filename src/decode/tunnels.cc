// SPDX-License-Identifier: Apache-2.0
#include "decode/tunnels.h"

#include <algorithm>
#include <optional>

namespace weir::decode {

namespace {

constexpr std::array<std::string_view, kTunnels> kNames = {
    "mpls", "pppoe", "ipip", "6in4", "gre", "erspan", "vxlan", "geneve", "gtp", "teredo", "etherip", "l2tp", "nsh"};

std::optional<Tunnel> tunnel_called(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Tunnel>(found - kNames.begin());
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

std::string_view name(Tunnel tunnel) { return kNames[static_cast<std::size_t>(tunnel)]; }

std::string TunnelSet::names() {
  std::string list;
  for (const std::string_view one : kNames) {
    if (!list.empty()) list += ", ";
    list += one;
  }
  return list;
}

base::Result<TunnelSet> TunnelSet::parse(std::string_view text) {
  TunnelSet set = none();
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view word = trimmed(text.substr(0, comma));
    const bool minus = word.starts_with('-');
    if (minus) word.remove_prefix(1);
    if (const auto tunnel = tunnel_called(word)) {
      set = minus ? set.without(*tunnel) : set.with(*tunnel);
    } else if (word == "all" && !minus) {
      set = all();
    } else if (word == "none" && !minus) {
      set = none();
    } else {
      return base::fail("\"" + std::string(word) + "\" is no tunnel: give all, none, or some of " + names() +
                        ", with commas in between; all,-gre leaves one out");
    }
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace weir::decode
