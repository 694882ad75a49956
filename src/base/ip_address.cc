// SPDX-License-Identifier: Apache-2.0
#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/number_text.h"

namespace weir::base {

namespace {
constexpr std::array<std::byte, 12> kMappedPrefix = {std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                                     std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                                     std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};
}  // namespace

IpAddress IpAddress::v4(const std::byte* four_bytes) {
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  std::memcpy(address.bytes_.data() + kMappedPrefix.size(), four_bytes, 4);
  return address;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  const std::uint32_t wire = htonl(host_order);
  std::byte bytes[4];
  std::memcpy(bytes, &wire, sizeof bytes);
  return v4(bytes);
}

IpAddress IpAddress::v6(const std::byte* sixteen_bytes) {
  IpAddress address;
  std::memcpy(address.bytes_.data(), sixteen_bytes, address.bytes_.size());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::byte bytes[16];
  if (inet_pton(AF_INET, terminated.c_str(), bytes) == 1) return v4(bytes);
  if (inet_pton(AF_INET6, terminated.c_str(), bytes) == 1) return v6(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin()); }

char* IpAddress::write_to(char* at) const {
  if (!is_v4()) {
    inet_ntop(AF_INET6, bytes_.data(), at, kLongestText);
    return at + std::strlen(at);
  }
  // By hand: inet_ntop goes through printf, and addresses are in every row.
  for (std::size_t i = kMappedPrefix.size(); i < bytes_.size(); ++i) {
    at = write_number(at, std::to_integer<unsigned>(bytes_[i]));
    *at++ = '.';
  }
  return at - 1;
}

std::string IpAddress::to_string() const {
  char text[kLongestText];
  return {text, write_to(text)};
}

}  // namespace weir::base
