// SPDX-License-Identifier: Apache-2.0
#include "api/router.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::api {

namespace {

// The dashboard needs no more than its own files. Inline styles are allowed because its component library positions
// menus and charts by style attributes; scripts never are.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

void secure(Response& response) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(response.headers, name, [](const auto& header) { return header.first; }) !=
           response.headers.end();
  };
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  if (!has("Cache-Control")) response.headers.emplace_back("Cache-Control", "no-store");
}

Pending ready(Response response) {
  secure(response);
  return {.find = [response = std::move(response)] { return response; }};
}

bool is_api_path(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

// The first thing that is wrong with the names of the parameters.
std::optional<std::string> check_parameters(const QueryPairs& query, const std::vector<std::string_view>& known) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    const std::string& name = query[i].first;
    if (std::ranges::find(known, name) == known.end()) {
      if (known.empty()) return fmt::format("There is no parameter '{}': this takes none.", name);
      return fmt::format("There is no parameter '{}'; known are: {}.", name, fmt::join(known, ", "));
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (query[k].first == name) return fmt::format("The parameter '{}' is given twice.", name);
    }
  }
  return std::nullopt;
}

}  // namespace

Router::Router(std::vector<Route> routes, Access access, StaticFiles dashboard)
    : routes_(std::move(routes)), access_(std::move(access)), dashboard_(std::move(dashboard)) {}

Router::Match Router::match(const std::string& path) const {
  for (const Route& route : routes_) {
    const std::size_t brace = route.pattern.find('{');
    if (brace == route.pattern.npos) {
      if (route.pattern == path) return {&route, {}};
    } else if (path.size() > brace && path.starts_with(route.pattern.substr(0, brace)) &&
               path.find('/', brace) == path.npos) {
      return {&route, path.substr(brace)};
    }
  }
  return {};
}

Pending Router::dispatch(const Request& request) const {
  if (auto refusal = access_.check_host(request)) return ready(std::move(*refusal));
  if (request.method != "GET" && request.method != "HEAD") {
    Response response = problem(405, "Only GET and HEAD are understood here.");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return ready(std::move(response));
  }
  auto target = parse_target(request.target);
  if (!target) return ready(problem(400, "The path or query is not well-formed."));

  Match found = match(target->path);
  if (found.route != nullptr) return dispatch_route(request, std::move(found), std::move(target->query));
  if (is_api_path(target->path)) {
    return ready(problem(404, "There is no such path in the API; /api/v1/openapi.yaml lists them all."));
  }
  return ready(dashboard_.answer(request, target->path));
}

Pending Router::dispatch_route(const Request& request, Match match, QueryPairs query) const {
  const Route& route = *match.route;
  std::string user;
  if (!route.open) {
    auto checked = access_.check_token(request);
    if (auto* refusal = std::get_if<Response>(&checked)) return ready(std::move(*refusal));
    user = std::move(std::get<Access::Grant>(checked).user);
  }
  if (auto wrong = check_parameters(query, route.parameters)) return ready(problem(400, *wrong));

  const auto find = [&route, &request, argument = std::move(match.argument), query = std::move(query)] {
    Response response;
    try {
      response = route.answer({.request = request, .argument = argument, .query = query});
    } catch (const std::exception& error) {
      response = problem(500, "Weir failed to answer, which is a bug; its log says more.", error.what());
    }
    secure(response);
    return response;
  };
  return {.find = find, .waits = route.waits, .user = std::move(user)};
}

}  // namespace weir::api
