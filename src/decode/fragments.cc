// SPDX-License-Identifier: Apache-2.0
#include "decode/fragments.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace weir::decode {

namespace {

std::uint64_t word(const base::IpAddress& address, std::size_t at) {
  std::uint64_t value;
  std::memcpy(&value, address.bytes().data() + at, sizeof value);
  return value;
}

// Multiply and fold: the high half of a 128-bit product depends on all bits of both factors.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15) * (b ^ 0xD1B54A32D192ED03);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

FragmentTable::FragmentTable(std::size_t sets) : sets_(sets), entries_(sets * kWays) { WEIR_CHECK(sets > 0); }

std::size_t FragmentTable::first_way(const FragmentKey& key) const {
  const std::uint64_t rest =
      std::uint64_t{key.id} << 32 | std::uint64_t{key.vlan} << 16 | std::uint64_t{key.protocol} << 8 | key.ip_version;
  const std::uint64_t src = mix(word(key.src, 0), word(key.src, 8));
  const std::uint64_t dst = mix(word(key.dst, 0), word(key.dst, 8));
  return mix(mix(src, rest), dst) % sets_ * kWays;
}

void FragmentTable::remember(const FragmentKey& key, const FragmentPorts& ports, base::Timestamp first_seen) {
  const auto set = entries_.begin() + static_cast<std::ptrdiff_t>(first_way(key));
  const auto end = set + kWays;
  auto slot = std::find_if(set, end, [&](const Entry& entry) { return entry.key == key; });
  if (slot == end) {
    slot = std::min_element(set, end, [](const Entry& a, const Entry& b) { return a.first_seen < b.first_seen; });
  }
  *slot = {.key = key, .ports = ports, .first_seen = first_seen};
}

const FragmentPorts* FragmentTable::find(const FragmentKey& key, base::Timestamp now) const {
  const auto set = entries_.begin() + static_cast<std::ptrdiff_t>(first_way(key));
  const auto found = std::find_if(set, set + kWays, [&](const Entry& entry) {
    return entry.first_seen != base::Timestamp::min() && entry.key == key;
  });
  if (found == set + kWays || now - found->first_seen > kLifetime) return nullptr;
  return &found->ports;
}

}  // namespace weir::decode
