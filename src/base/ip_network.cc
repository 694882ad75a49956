// SPDX-License-Identifier: Apache-2.0
#include "base/ip_network.h"

#include <algorithm>
#include <charconv>

namespace weir::base {

namespace {

constexpr std::uint8_t kMappedBits = 96;

IpAddress masked(const IpAddress& address, std::uint8_t bits) {
  auto bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = std::min(8, std::max(0, bits - static_cast<int>(8 * i)));
    bytes[i] &= static_cast<std::byte>(0xFF00 >> kept & 0xFF);
  }
  return IpAddress::v6(bytes.data());
}

}  // namespace

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == text.npos) return of(*address);
  const std::string_view number = text.substr(slash + 1);
  std::uint8_t bits = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
  const std::uint8_t most = address->is_v4() ? 32 : 128;
  if (number.empty() || error != std::errc() || end != number.data() + number.size() || bits > most) {
    return std::nullopt;
  }
  IpNetwork network;
  network.bits_ = static_cast<std::uint8_t>(address->is_v4() ? bits + kMappedBits : bits);
  network.address_ = masked(*address, network.bits_);
  return network;
}

IpNetwork IpNetwork::of(const IpAddress& address) {
  IpNetwork network;
  network.address_ = address;
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const { return masked(address, bits_) == address_; }

std::string IpNetwork::to_string() const {
  if (is_single_address()) return address_.to_string();
  return address_.to_string() + '/' + std::to_string(address_.is_v4() ? bits_ - kMappedBits : bits_);
}

}  // namespace weir::base
