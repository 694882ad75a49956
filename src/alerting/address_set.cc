// SPDX-License-Identifier: Apache-2.0
#include "alerting/address_set.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir::alerting {

namespace {

// Fixed, not keyed: what is stored must mean the same after a restart. Who forges addresses to skew the estimate gains
// nothing, since the count decides nothing.
std::uint64_t hash_of(const base::IpAddress& address) {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  std::uint64_t hash = 0;
  for (const std::uint64_t half : halves) {  // splitmix64
    hash += half + 0x9E3779B97F4A7C15;
    hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
    hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
    hash ^= hash >> 31;
  }
  return hash;
}

bool before(const base::IpAddress& a, const base::IpAddress& b) {
  const std::uint64_t x = hash_of(a), y = hash_of(b);
  return x != y ? x < y : a < b;
}

}  // namespace

void AddressSet::add(const base::IpAddress& address) {
  if (more_ && before(members_.back(), address)) return;
  const auto place = std::lower_bound(members_.begin(), members_.end(), address, before);
  if (place != members_.end() && *place == address) return;
  members_.insert(place, address);
  if (members_.size() <= kMost) return;
  members_.pop_back();
  more_ = true;
}

void AddressSet::merge(const AddressSet& other) {
  for (const base::IpAddress& address : other.members_) add(address);
  more_ = more_ || other.more_;
}

std::uint64_t AddressSet::count() const {
  if (!more_) return members_.size();
  const double share = std::ldexp(static_cast<double>(hash_of(members_.back())), -64);
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(members_.size() - 1) / share));
}

bool AddressSet::contains(const base::IpAddress& address) const {
  return std::binary_search(members_.begin(), members_.end(), address, before);
}

std::vector<base::IpAddress> AddressSet::sorted() const {
  std::vector<base::IpAddress> all = members_;
  std::sort(all.begin(), all.end());
  return all;
}

AddressSet AddressSet::restored(const std::vector<base::IpAddress>& members, bool is_estimate) {
  AddressSet set;
  for (const base::IpAddress& address : members) set.add(address);
  set.more_ = is_estimate && set.members_.size() == kMost;
  return set;
}

}  // namespace weir::alerting
