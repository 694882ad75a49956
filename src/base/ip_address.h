// SPDX-License-Identifier: Apache-2.0
// IpAddress: IPv4 or IPv6, always 16 bytes in network order. An IPv4 address is kept as ::ffff:a.b.c.d, so that one
// comparison and one hash serve both; the IP version of a flow is kept beside it (a real mapped IPv6 address exists too).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::base {

class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress v4(const std::byte* four_bytes);
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::byte* sixteen_bytes);
  // "192.0.2.1" or "2001:db8::1" (no zone, no port); nothing if it is neither.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  const std::array<std::byte, 16>& bytes() const { return bytes_; }

  // Dotted quad for a mapped IPv4 address, RFC 5952 text otherwise.
  std::string to_string() const;

  // The same, written to memory with room for kLongestText; gives the end of it (nothing is put behind).
  static constexpr std::size_t kLongestText = 64;
  char* write_to(char* at) const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::byte, 16> bytes_{};
};

}  // namespace weir::base
