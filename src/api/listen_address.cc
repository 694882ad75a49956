// SPDX-License-Identifier: Apache-2.0
#include "api/listen_address.h"

#include <charconv>
#include <cstddef>

#include <fmt/format.h>

namespace weir::api {

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto refusal = [&] {
    return base::fail(fmt::format(
        "'{}' is not an address to listen on; write HOST:PORT, such as 127.0.0.1:8600 or [::1]:8600", text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return refusal();
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // A bare "::1:80" could be either an address or an address and a port.
  if (host.empty() || host.find_first_of("[] /") != host.npos || (!bracketed && host.find(':') != host.npos)) {
    return refusal();
  }
  std::uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [stop, error] = std::from_chars(port_text.data(), end, port);
  if (error != std::errc() || stop != end) return refusal();
  return ListenAddress{std::string(host), port};
}

}  // namespace weir::api
