// SPDX-License-Identifier: Apache-2.0
// AddressSet: how many distinct addresses there were, and some of them, in bounded memory.
//
// It keeps the kMost addresses with the smallest hash (a k-minimum-values sketch): all of them as long as there are no
// more, then a fair sample, from whose largest hash the number is estimated (standard error 6 %). What is kept depends on
// the set of addresses alone, not on order or repetition, and two sets merge into what their union would have given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ip_address.h"

namespace weir::alerting {

class AddressSet {
 public:
  static constexpr std::size_t kMost = 256;

  void add(const base::IpAddress& address);
  void merge(const AddressSet& other);

  std::uint64_t count() const;  // exact unless is_estimate()
  bool is_estimate() const { return more_; }
  bool contains(const base::IpAddress& address) const;
  // By hash; sorted() is for people.
  const std::vector<base::IpAddress>& members() const { return members_; }
  std::vector<base::IpAddress> sorted() const;

  // What members() and is_estimate() gave.
  static AddressSet restored(const std::vector<base::IpAddress>& members, bool is_estimate);

  friend bool operator==(const AddressSet&, const AddressSet&) = default;

 private:
  std::vector<base::IpAddress> members_;  // in the order of their hashes
  bool more_ = false;                     // there were others
};

}  // namespace weir::alerting
