// SPDX-License-Identifier: Apache-2.0
// Request, Response and Route: what routes are written in, so that they know nothing of the HTTP library and are tested
// without sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/role.h"
#include "api/url.h"

namespace weir::api {

struct Request {
  std::string method = "GET";
  std::string target = "/";  // as sent: path and query, percent-encoded
  std::string host = {};     // the headers that matter here; empty: not sent
  std::string authorization = {};
  std::string if_none_match = {};
  std::optional<std::string> last_event_id = {};
  std::string origin = {};
  std::string fetch_site = {};  // Sec-Fetch-Site
  std::string cookie = {};
  std::string content_type = {};
  std::string body = {};
  std::string remote = {};  // the address that asks
  bool secure = false;      // over TLS

  // GET and HEAD.
  bool only_reads() const { return method == "GET" || method == "HEAD"; }
};

struct StreamStart {
  std::uint64_t position = 0;  // in the EventHub
  bool missed = false;         // begin with a reset
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside content type and length
  std::string body = {};
  std::span<const std::byte> constant_body = {};  // instead of `body`: bytes that live as long as the program
  std::optional<StreamStart> stream = {};         // instead of a body: events without end
  std::string note = {};                          // for the request log only: what went wrong inside
  std::optional<Caller> refused = {};             // for the audit log only: who it was that may not do this
  std::string deed = {};                          // for the audit log only: what was done, in a few words

  std::string_view bytes() const;                 // whichever body it has
};

Response json_response(std::string body);
// RFC 9457. `detail` is one sentence; `note` is for the request log only.
Response problem(int status, std::string_view detail, std::string note = {});
std::string_view status_title(int status);  // "Not Found"

// A request that found its route.
struct Call {
  const Request& request;
  std::string_view argument;  // what stands for the {part} of the path, decoded
  const QueryPairs& query;
  const Caller& caller;       // has the route's role, or a higher one
};

// One method of one path. What changes something asks for the role of who may; a body is JSON (BodyReader reads it).
struct Route {
  std::string pattern;                               // as in openapi.yaml; one part of it may be {a name}
  std::string_view method = "GET";                   // HEAD follows by itself
  Role role = Role::viewer;                          // who may ask, at least; in openapi.yaml: x-role
  std::vector<std::string_view> parameters = {};     // query parameters that it knows; any other is refused
  bool waits = false;                                // asks the store: keep it off the I/O thread
  bool open = false;                                 // answers without a token; changes nothing, except by logging in
  std::function<Response(const Call&)> answer = {};  // any thread, several at a time
};

}  // namespace weir::api
