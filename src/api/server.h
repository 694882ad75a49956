// SPDX-License-Identifier: Apache-2.0
// Server: the API and the dashboard over HTTP/1.1, plain or in TLS.
//
// Two kinds of threads of its own: one for all connections, and a few that ask the store, so that a slow query delays
// neither streams nor other requests. Everything is bounded (ServerLimits); whoever exceeds a bound gets an answer that
// says so, or is cut. What the server is given by reference, pointer or span is borrowed
// and must outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "alerting/suppression.h"
#include "api/audit_log.h"
#include "api/control.h"
#include "api/event_hub.h"
#include "api/session_store.h"
#include "api/static_files.h"
#include "api/status_source.h"
#include "api/token_store.h"
#include "base/result.h"
#include "store/detection_store.h"

namespace spdlog {
class logger;
}

namespace weir::api {

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 64 * 1024;
  std::size_t connections = 256;
  std::size_t connections_per_peer = 64;             // of one address that is not loopback
  std::size_t streams = 64;                          // of the connections
  std::size_t waiting_requests = 64;                 // for the store
  std::size_t query_threads = 4;
  std::chrono::milliseconds idle{60'000};            // between two requests of a connection
  std::chrono::milliseconds receive{10'000};         // for a whole request, from its first byte
  std::chrono::milliseconds request{30'000};         // for the answer to be found
  std::chrono::milliseconds send{30'000};            // for the whole answer to be taken
  std::chrono::milliseconds stream_send{10'000};     // for one piece of a stream to be taken
  std::chrono::milliseconds status_interval{1'000};  // of a stream
};

struct ServerConfig {
  std::string host = "127.0.0.1";               // an address or a name; what is not loopback wants a user and TLS first
  std::uint16_t port = 8600;                    // 0: any free one
  std::vector<std::string> allowed_hosts = {};  // further names by which browsers may ask (Host header)
  bool require_token = false;                   // on loopback too, even while there is no user
  std::string tls_certificate = {}, tls_key = {};  // PEM files; empty: plain HTTP
  // Borrowed; each may be null.
  TokenStore* users = nullptr;                       // null: there are none
  SessionStore* sessions = nullptr;                  // null: nobody can log in on the page
  AuditLog* audit = nullptr;                         // null: nothing is written down
  Control* control = nullptr;                        // null: nothing can be asked of weir
  std::span<const StaticFile> dashboard = {};        // empty: the API stands alone
  std::shared_ptr<spdlog::logger> request_log = {};  // shared with the program's other logs; null: no request log
  ServerLimits limits = {};
};

class Server {
 public:
  // Listens when it returns. Refuses an address that is taken, unknown, or open to others without a token and TLS, in a
  // sentence.
  static base::Result<std::unique_ptr<Server>> start(ServerConfig config, store::DetectionStore& store,
                                                     const StatusSource& status, EventHub& hub,
                                                     alerting::Suppressions& suppressions);
  // Stops, at once.
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  virtual std::string url() const = 0;  // "http://127.0.0.1:8600/", for people to open

  // Reads certificate and key again, for new connections; an error leaves those in use as they are. Any thread.
  virtual base::Result<> reload_certificate() = 0;

  // Refuses new connections, says goodbye to streams, lets requests under way finish, and returns when all is quiet; cuts
  // what is left at the deadline. A store query that is running is waited for in any case.
  virtual void stop(std::chrono::milliseconds deadline) = 0;
};

}  // namespace weir::api
