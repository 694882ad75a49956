// SPDX-License-Identifier: Apache-2.0
// Any request at the API's router: targets, headers, queries and JSON bodies, with users that none of the bytes know.
// Input: "METHOD TARGET\n", lines "Name: value\n", an empty line, the body: a request as people write it, so that seeds and
// finds can be read.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/body_reader.h"
#include "api/fakes.h"
#include "api/router.h"
#include "api/routes/routes.h"
#include "base/check.h"

namespace {

using namespace weir::api;

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

Request parse(std::string_view rest) {
  const std::string_view first = take_line(rest);
  const std::size_t space = first.find(' ');
  Request request{.method = std::string(first.substr(0, space)),
                  .target = space == first.npos ? std::string() : std::string(first.substr(space + 1)),
                  .host = "localhost:8600"};
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = line.find(": ");
    if (colon == line.npos) continue;
    const std::string_view name = line.substr(0, colon);
    std::string value(line.substr(colon + 2));
    if (name == "Host") request.host = value;
    if (name == "Authorization") request.authorization = value;
    if (name == "If-None-Match") request.if_none_match = value;
    if (name == "Last-Event-ID") request.last_event_id = value;
    if (name == "Origin") request.origin = value;
    if (name == "Sec-Fetch-Site") request.fetch_site = value;
    if (name == "Cookie") request.cookie = value;
    if (name == "Content-Type") request.content_type = value;
  }
  request.body = std::string(rest);
  return request;
}

// Everything that a request can meet, with one user of each role.
struct World {
  World() {
    users.names = {"vic", "ann", "adam"};
    users.roles = {{"ann", Role::analyst}, {"adam", Role::admin}};
    store.detections = {some_detection()};
    routes = make_routes(store, status, hub, suppressions);
    for (Route& route : make_admin_routes(access, {.users = &users, .audit = &audit, .control = &control})) {
      routes.push_back(std::move(route));
    }
  }

  FakeStore store;
  FakeStatus status;
  FakeUsers users;
  FakeSessions sessions;
  FakeControl control;
  EventHub hub;
  weir::alerting::Suppressions suppressions;
  AuditLog audit{"/dev/null"};
  std::vector<Route> routes;
  const Access access{{.require_token = true}, {.users = &users, .sessions = &sessions}};
};

bool has_secret(const Request& request) {
  const auto holds = [](std::string_view text) { return text.find("-of-") != text.npos; };
  return holds(request.authorization) || holds(request.cookie) || holds(request.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  const Router router(std::move(world.routes), world.access, StaticFiles({}));
  // Bytes are characters to HTTP.
  const Request request = parse({reinterpret_cast<const char*>(data), size});
  const Response response = router.answer(request);

  WEIR_CHECK(status_title(response.status) != "Unknown");
  WEIR_CHECK(response.status != 500);
  for (const auto& [name, value] : response.headers) WEIR_CHECK(value.find_first_of("\r\n") == value.npos);
  // Who knows no secret reads nothing but what is open to all, and changes nothing.
  if (!has_secret(request)) {
    const auto target = parse_target(request.target);
    const std::string path = target ? target->path : std::string();
    const bool open =
        path == "/healthz" || path == "/readyz" || (request.method == "DELETE" && path == "/api/v1/session");
    WEIR_CHECK(response.status >= 300 || open);
    WEIR_CHECK(world.users.names.size() == 3 && world.sessions.open_ones.empty());
  }

  BodyReader body(request.body, {"token", "name", "role", "hosts", "until", "score"});
  body.text("token", 200);
  body.word("role", parse_role, "a role");
  body.texts("hosts", 10, 100);
  body.time("until");
  body.address("name");
  body.number("score", 0, 1);
  return 0;
}
