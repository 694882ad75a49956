// SPDX-License-Identifier: Apache-2.0
// SharedState: what all connections of one server share. The I/O thread alone touches what is not constant.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/event_hub.h"
#include "api/http/request_log.h"
#include "api/router.h"
#include "api/server.h"
#include "api/status_source.h"

namespace weir::api {

struct SharedState {
  // Constant while connections live.
  const ServerLimits limits;
  LoginGuard guard;
  const Access access;
  const Router router;
  const StatusSource& status;
  const EventHub& hub;
  const RequestLog log;
  boost::asio::thread_pool& queries;  // asks the store

  // Of the I/O thread.
  std::shared_ptr<boost::asio::ssl::context> tls = {};        // null: plain HTTP
  std::unordered_map<std::string, std::size_t> by_peer = {};  // connections of each address
  std::size_t connections = 0;
  std::size_t streams = 0;
  std::size_t waiting = 0;                                    // requests that a query thread has or will have
  bool stopping = false;
  std::unordered_map<const void*, std::function<void()>> idle =
      {};                                                     // connections between two requests: how to end each
};

}  // namespace weir::api
