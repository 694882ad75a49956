// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 connection, from accept to close.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "api/http/shared_state.h"

namespace weir::api {

// On the I/O thread; `state` outlives it. Ends when the client does, breaks a limit, or the server stops.
boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, SharedState& state);
boost::asio::awaitable<void> serve_tls_connection(boost::asio::ip::tcp::socket socket, SharedState& state);

}  // namespace weir::api
