// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <iterator>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/http/connection.h"
#include "api/http/tls.h"
#include "api/routes/routes.h"
#include "api/server.h"

namespace weir::api {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process is out of file descriptors

std::string shown(const std::string& host, std::uint16_t port) {
  return host.find(':') == host.npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

base::Result<tcp::endpoint> resolve(asio::io_context& io, const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return tcp::endpoint(address, port);
  const auto found = tcp::resolver(io).resolve(host, std::to_string(port), error);
  if (error || found.empty()) return base::fail(fmt::format("the host name '{}' is not known", host));
  return found.begin()->endpoint();
}

std::string listen_error(const error_code& error) {
  if (error == asio::error::address_in_use) {
    return "another program listens there; choose another port, or 0 for any free one";
  }
  if (error == asio::error::access_denied) return "ports below 1024 need a privilege; choose a higher one";
  if (error == boost::system::errc::address_not_available) return "this machine does not have that address";
  return error.message();
}

base::Result<> open(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return base::fail(listen_error(error));
  return {};
}

// Whoever is not on this machine must say who they are, and nobody in between may listen to it.
base::Result<> check_exposure(const ServerConfig& config, bool loopback) {
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return base::fail("api.tls_certificate and api.tls_key go together; one of them is missing");
  }
  if (loopback) return {};
  const auto known = config.users == nullptr ? base::Result<std::vector<User>>() : config.users->list();
  if (!known) return base::fail(known.error());
  if (known->empty()) {
    return base::fail(
        "others could read everything there, since no user exists; run `weir user add NAME` first, or listen on "
        "127.0.0.1");
  }
  if (config.tls_certificate.empty()) {
    return base::fail(
        "tokens would cross the network in the clear; set api.tls_certificate and api.tls_key, or listen on 127.0.0.1 "
        "behind a proxy or tunnel");
  }
  return {};
}

void refuse_crowd(tcp::socket socket) {
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n";
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(kAnswer.data(), kAnswer.size()), ignored);
}

std::vector<Route> all_routes(const ServerConfig& config, const Access& access, store::DetectionStore& store,
                              const StatusSource& status, EventHub& hub, alerting::Suppressions& suppressions) {
  std::vector<Route> routes = make_routes(store, status, hub, suppressions);
  auto more = make_admin_routes(access, {.users = config.users, .audit = config.audit, .control = config.control});
  routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return routes;
}

class HttpServer final : public Server {
 public:
  HttpServer(ServerConfig config, bool loopback, store::DetectionStore& store, const StatusSource& status,
             EventHub& hub, alerting::Suppressions& suppressions)
      : certificate_(config.tls_certificate),
        key_(config.tls_key),
        queries_(config.limits.query_threads),
        state_{.limits = config.limits,
               .guard = {},
               .access = Access(
                   {.loopback = loopback, .require_token = config.require_token, .allowed_hosts = config.allowed_hosts},
                   {.users = config.users, .sessions = config.sessions, .guard = &state_.guard, .audit = config.audit}),
               .router = Router(all_routes(config, state_.access, store, status, hub, suppressions), state_.access,
                                StaticFiles(config.dashboard)),
               .status = status,
               .hub = hub,
               .log = RequestLog(std::move(config.request_log)),
               .queries = queries_},
        acceptor_(io_) {}

  ~HttpServer() override { stop(std::chrono::milliseconds(0)); }

  base::Result<> listen(const tcp::endpoint& endpoint, const std::string& host) {
    if (!certificate_.empty()) {
      auto tls = make_tls_context(certificate_, key_);
      if (!tls) return base::fail(tls.error());
      state_.tls = std::move(*tls);
    }
    if (auto opened = open(acceptor_, endpoint); !opened) return opened;
    endpoint_ = acceptor_.local_endpoint();
    host_ = host;
    asio::co_spawn(io_, accept_connections(), asio::detached);
    thread_ = std::thread([this] {
      io_.run();
      quiet_.set_value();
    });
    return {};
  }

  std::uint16_t port() const override { return endpoint_.port(); }

  std::string url() const override {
    // Nobody can open 0.0.0.0 in a browser; on this machine, loopback leads there.
    const std::string host = endpoint_.address().is_unspecified() ? "localhost" : host_;
    return fmt::format("{}://{}/", certificate_.empty() ? "http" : "https", shown(host, port()));
  }

  base::Result<> reload_certificate() override {
    if (certificate_.empty()) return {};
    auto tls = make_tls_context(certificate_, key_);
    if (!tls) return base::fail(tls.error());
    asio::post(io_, [this, tls = std::move(*tls)]() mutable { state_.tls = std::move(tls); });
    return {};
  }

  void stop(std::chrono::milliseconds deadline) override {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { begin_to_stop(); });
    if (quiet_.get_future().wait_for(deadline) != std::future_status::ready) io_.stop();
    thread_.join();
    queries_.join();
  }

 private:
  asio::awaitable<void> accept_connections() {
    asio::steady_timer pause(io_);
    while (!state_.stopping) {
      auto [error, socket] = co_await acceptor_.async_accept(kNoThrow);
      if (state_.stopping) break;
      if (error) {
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kNoThrow);
      } else if (is_crowded(socket)) {
        refuse_crowd(std::move(socket));
      } else if (state_.tls != nullptr) {
        asio::co_spawn(io_, serve_tls_connection(std::move(socket), state_), asio::detached);
      } else {
        asio::co_spawn(io_, serve_connection(std::move(socket), state_), asio::detached);
      }
    }
  }

  // On loopback a proxy may ask for many.
  bool is_crowded(const tcp::socket& socket) const {
    if (state_.connections >= state_.limits.connections) return true;
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error || peer.address().is_loopback()) return false;
    const auto found = state_.by_peer.find(peer.address().to_string());
    return found != state_.by_peer.end() && found->second >= state_.limits.connections_per_peer;
  }

  // Once the last connection has ended, io_.run() has nothing left to do and returns.
  void begin_to_stop() {
    state_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& [connection, end] : state_.idle) end();
  }

  const std::string certificate_, key_;
  asio::thread_pool queries_;
  SharedState state_;
  asio::io_context io_{1};  // its destructor ends what is left of the connections, so it goes before their state
  tcp::acceptor acceptor_;
  tcp::endpoint endpoint_;
  std::string host_;
  std::promise<void> quiet_;
  std::thread thread_;
};

}  // namespace

base::Result<std::unique_ptr<Server>> Server::start(ServerConfig config, store::DetectionStore& store,
                                                    const StatusSource& status, EventHub& hub,
                                                    alerting::Suppressions& suppressions) {
  const std::string what = fmt::format("listen on {}", shown(config.host, config.port));
  asio::io_context io;
  const auto endpoint = resolve(io, config.host, config.port);
  if (!endpoint) return base::fail_within(what, endpoint);
  const bool loopback = endpoint->address().is_loopback();
  if (const auto safe = check_exposure(config, loopback); !safe) return base::fail_within(what, safe);

  const std::string host = config.host;
  auto server = std::make_unique<HttpServer>(std::move(config), loopback, store, status, hub, suppressions);
  if (const auto listening = server->listen(*endpoint, host); !listening) return base::fail_within(what, listening);
  return base::Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace weir::api
