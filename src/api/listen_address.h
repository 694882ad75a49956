// SPDX-License-Identifier: Apache-2.0
// Where to listen, as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::api {

struct ListenAddress {
  std::string host;  // an address without brackets, or a name
  std::uint16_t port = 0;
};

// "127.0.0.1:8600", "[::1]:8600", "localhost:0".
base::Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace weir::api
