// SPDX-License-Identifier: Apache-2.0
// Router: from a request to its answer: host, site, path, method, caller, parameters, body, then the route itself. Every
// answer gets the security headers, and an exception out of a route becomes a 500.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/access.h"
#include "api/request.h"
#include "api/static_files.h"

namespace weir::api {

// An answer that is to be found.
struct Pending {
  std::function<Response()> find;  // once, on any thread; borrows the router and the request
  bool waits = false;              // may take long: not on the I/O thread
  std::string user = {};           // for the request log
};

class Router {
 public:
  // Constant after construction: any thread. `access` is borrowed.
  Router(std::vector<Route> routes, const Access& access, StaticFiles dashboard);

  // Takes no longer than a look at the users file.
  Pending dispatch(const Request& request) const;
  // dispatch() and find() at once.
  Response answer(const Request& request) const { return dispatch(request).find(); }

  // Whether whoever asked may still be answered: for answers that take hours.
  bool still_allowed(const Request& request) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Match {
    const Route* route = nullptr;
    std::string argument = {};
    std::string methods = {};  // of the path, for the Allow header; empty: there is no such path
  };
  Match match(std::string_view method, const std::string& path) const;
  Pending dispatch_route(const Request& request, Match match, QueryPairs query) const;

  const std::vector<Route> routes_;
  const Access& access_;
  const StaticFiles dashboard_;
};

}  // namespace weir::api
