// SPDX-License-Identifier: Apache-2.0
// Connections without TLS.
#include <boost/beast/core/tcp_stream.hpp>

#include "api/http/connection_body.h"

namespace weir::api {

boost::asio::awaitable<void> serve_connection(boost::asio::ip::tcp::socket socket, SharedState& state) {
  Connection<boost::beast::tcp_stream> connection(boost::beast::tcp_stream(std::move(socket)), state);
  co_await connection.run();
}

}  // namespace weir::api
