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

bool FragmentCoverage::add(std::uint32_t start_byte, std::uint32_t end_byte, bool last) {
  if (complete()) *this = {};  // the identifier is used again
  last_seen_ |= last;
  Stretch added{static_cast<std::uint16_t>(start_byte / 8), static_cast<std::uint16_t>((end_byte + 7) / 8)};
  bool overlaps = false;
  std::uint8_t kept = 0;
  for (std::uint8_t i = 0; i < parts_used_; ++i) {
    const Stretch part = parts_[i];
    if (part.end < added.start || added.end < part.start) {
      parts_[kept++] = part;
      continue;
    }
    overlaps |= part.end > added.start && added.end > part.start;
    added = {std::min(part.start, added.start), std::max(part.end, added.end)};
  }
  parts_used_ = kept;
  if (parts_used_ < parts_.size()) parts_[parts_used_++] = added;
  return overlaps;
}

FragmentTable::FragmentTable(std::size_t sets) : sets_(sets), entries_(sets * kWays) { WEIR_CHECK(sets > 0); }

std::size_t FragmentTable::first_way(const FragmentKey& key) const {
  const std::uint64_t rest =
      std::uint64_t{key.id} << 32 | std::uint64_t{key.vlan} << 16 | std::uint64_t{key.protocol} << 8 | key.ip_version;
  const std::uint64_t src = mix(word(key.src, 0), word(key.src, 8) ^ key.tunnel_id);
  const std::uint64_t dst = mix(word(key.dst, 0), word(key.dst, 8));
  return mix(mix(src, rest), dst) % sets_ * kWays;
}

const FragmentTable::Entry* FragmentTable::look_up(const FragmentKey& key, base::Timestamp now) const {
  const auto set = entries_.begin() + static_cast<std::ptrdiff_t>(first_way(key));
  const auto found = std::find_if(set, set + kWays, [&](const Entry& entry) {
    return entry.first_seen != base::Timestamp::min() && entry.key == key;
  });
  if (found == set + kWays || now - found->first_seen > kLifetime) return nullptr;
  return &*found;
}

// The datagram's entry, or in place of the oldest of its set a new one.
FragmentTable::Entry& FragmentTable::open(const FragmentKey& key, base::Timestamp now) {
  const auto set = entries_.begin() + static_cast<std::ptrdiff_t>(first_way(key));
  const auto end = set + kWays;
  auto slot = std::find_if(
      set, end, [&](const Entry& entry) { return entry.first_seen != base::Timestamp::min() && entry.key == key; });
  if (slot != end && now - slot->first_seen <= kLifetime) return *slot;
  if (slot == end) {
    slot = std::min_element(set, end, [](const Entry& a, const Entry& b) { return a.first_seen < b.first_seen; });
  }
  *slot = Entry{};
  slot->key = key;
  slot->first_seen = now;
  return *slot;
}

void FragmentTable::remember(const FragmentKey& key, const FragmentPorts& ports, base::Timestamp now) {
  Entry& entry = open(key, now);
  if (entry.known) entry.first_seen = now;  // the identifier is used again
  entry.ports = ports;
  entry.known = true;
  entry.waiting = kNobody;
}

const FragmentPorts* FragmentTable::find(const FragmentKey& key, base::Timestamp now) const {
  const Entry* entry = look_up(key, now);
  return entry != nullptr && entry->known ? &entry->ports : nullptr;
}

bool FragmentTable::cover(const FragmentKey& key, std::uint32_t start, std::uint32_t end, bool last,
                          base::Timestamp now) {
  FragmentCoverage& coverage = open(key, now).coverage;
  const bool again = coverage.add(start, end, last);
  if (again &&
      start == 0) {  // sent again from the beginning, or the identifier is used again: one repetition, not each piece
    coverage = {};
    coverage.add(start, end, last);
  }
  return again;
}

std::uint32_t FragmentTable::waiting(const FragmentKey& key, base::Timestamp now) const {
  const Entry* entry = look_up(key, now);
  return entry != nullptr ? entry->waiting : kNobody;
}

void FragmentTable::wait(const FragmentKey& key, std::uint32_t number, base::Timestamp now) {
  open(key, now).waiting = number;
}

}  // namespace weir::decode
