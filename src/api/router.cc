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

void secure(Response& response, bool over_tls) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(response.headers, name, [](const auto& header) { return header.first; }) !=
           response.headers.end();
  };
  response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
  response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.emplace_back("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  if (over_tls) response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  if (!has("Cache-Control")) response.headers.emplace_back("Cache-Control", "no-store");
}

Pending ready(Response response, bool over_tls) {
  secure(response, over_tls);
  return {.find = [response = std::move(response)] { return response; }};
}

bool is_api_path(std::string_view path) { return path == "/api" || path.starts_with("/api/"); }

// What stands for the {part} of the pattern, empty when it has none; nothing when the path does not fit.
std::optional<std::string> argument_of(std::string_view pattern, std::string_view path) {
  const std::size_t brace = pattern.find('{');
  if (brace == pattern.npos) return pattern == path ? std::optional(std::string()) : std::nullopt;
  const std::string_view before = pattern.substr(0, brace), after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
    return std::nullopt;
  }
  const std::string_view part = path.substr(brace, path.size() - before.size() - after.size());
  return part.find('/') == part.npos ? std::optional(std::string(part)) : std::nullopt;
}

Response wrong_method(std::string_view methods) {
  Response response = problem(405, fmt::format("Only {} is understood here.", methods));
  response.headers.emplace_back("Allow", methods);
  return response;
}

// A form of another site can send anything but this type without asking first.
std::optional<Response> check_body(const Request& request) {
  if (request.body.empty()) return std::nullopt;
  if (request.only_reads()) return problem(400, "GET and HEAD have no body.");
  const std::string_view type = std::string_view(request.content_type).substr(0, request.content_type.find(';'));
  if (type == "application/json") return std::nullopt;
  return problem(415, "A body must be JSON, with the header Content-Type: application/json.");
}

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

Router::Router(std::vector<Route> routes, const Access& access, StaticFiles dashboard)
    : routes_(std::move(routes)), access_(access), dashboard_(std::move(dashboard)) {}

Router::Match Router::match(std::string_view method, const std::string& path) const {
  Match found;
  for (const Route& route : routes_) {
    const auto argument = argument_of(route.pattern, path);
    if (!argument) continue;
    // "/x/known" goes before "/x/{any}", whichever was listed first.
    const bool is_exact = argument->empty();
    if (route.method == method && (found.route == nullptr || is_exact)) {
      found.route = &route;
      found.argument = *argument;
    }
    found.methods += fmt::format("{}{}", found.methods.empty() ? "" : ", ", route.method);
    if (route.method == "GET") found.methods += ", HEAD";
  }
  return found;
}

Pending Router::dispatch(const Request& request) const {
  const auto answer_at_once = [&](Response response) {
    access_.record(request, {}, response);
    return ready(std::move(response), request.secure);
  };
  if (auto refusal = access_.check_host(request)) return answer_at_once(std::move(*refusal));
  auto target = parse_target(request.target);
  if (!target) return answer_at_once(problem(400, "The path or query is not well-formed."));

  Match found = match(request.method == "HEAD" ? "GET" : request.method, target->path);
  const bool is_page = found.methods.empty() && !is_api_path(target->path);
  if (auto refusal = access_.check_site(request, is_page)) return answer_at_once(std::move(*refusal));
  if (found.route != nullptr) return dispatch_route(request, std::move(found), std::move(target->query));
  if (!found.methods.empty()) return answer_at_once(wrong_method(found.methods));
  if (!is_page)
    return answer_at_once(problem(404, "There is no such path in the API; /api/v1/openapi.yaml lists them all."));
  if (!request.only_reads()) return answer_at_once(wrong_method("GET, HEAD"));
  return answer_at_once(dashboard_.answer(request, target->path));
}

bool Router::still_allowed(const Request& request) const {
  return std::holds_alternative<Caller>(access_.check_caller(request, Role::viewer));
}

Pending Router::dispatch_route(const Request& request, Match match, QueryPairs query) const {
  const Route& route = *match.route;
  Caller caller;
  const auto refuse = [&](Response refusal) {
    access_.record(request, caller, refusal);
    return ready(std::move(refusal), request.secure);
  };
  if (!route.open) {
    auto checked = access_.check_caller(request, route.role);
    if (auto* refusal = std::get_if<Response>(&checked)) return refuse(std::move(*refusal));
    caller = std::move(std::get<Caller>(checked));
  }
  if (auto wrong = check_parameters(query, route.parameters)) return refuse(problem(400, *wrong));
  if (auto refusal = check_body(request)) return refuse(std::move(*refusal));

  std::string user = caller.name;
  const auto find = [this, &route, &request, argument = std::move(match.argument), query = std::move(query),
                     caller = std::move(caller)] {
    Response response;
    try {
      response = route.answer({.request = request, .argument = argument, .query = query, .caller = caller});
    } catch (const std::exception& error) {
      response = problem(500, "Weir failed to answer, which is a bug; its log says more.", error.what());
    }
    access_.record(request, caller, response);
    secure(response, request.secure);
    return response;
  };
  return {.find = find, .waits = route.waits, .user = std::move(user)};
}

}  // namespace weir::api
