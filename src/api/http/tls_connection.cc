// SPDX-License-Identifier: Apache-2.0
// Connections over TLS.
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "api/http/connection_body.h"

namespace weir::api {

boost::asio::awaitable<void> serve_tls_connection(boost::asio::ip::tcp::socket socket, SharedState& state) {
  // Kept for as long as the connection: a reload may replace it meanwhile.
  const auto tls = state.tls;
  Connection<boost::beast::ssl_stream<boost::beast::tcp_stream>> connection(
      boost::beast::ssl_stream<boost::beast::tcp_stream>(std::move(socket), *tls), state);
  if (co_await connection.shake_hands()) co_await connection.run();
}

}  // namespace weir::api
