// SPDX-License-Identifier: Apache-2.0
// IpNetwork: an address with a prefix length, "10.0.0.0/8", "2001:db8::/32"; an address alone is a network of one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"

namespace weir::base {

class IpNetwork {
 public:
  constexpr IpNetwork() = default;
  // Bits behind the prefix are dropped: "10.1.2.3/8" is 10.0.0.0/8.
  static std::optional<IpNetwork> parse(std::string_view text);
  static IpNetwork of(const IpAddress& address);

  bool contains(const IpAddress& address) const;
  bool is_single_address() const { return bits_ == 128; }
  const IpAddress& address() const { return address_; }
  std::string to_string() const;  // without the prefix when it is a single address

  friend constexpr auto operator<=>(const IpNetwork&, const IpNetwork&) = default;

 private:
  IpAddress address_;
  std::uint8_t bits_ = 128;  // of the 16 bytes: an IPv4 prefix has 96 more than it is written with
};

}  // namespace weir::base
