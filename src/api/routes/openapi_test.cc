// SPDX-License-Identifier: Apache-2.0
// The description and the routes must say the same. It reads openapi.yaml as what it is, lines of a known shape: the
// tests in tests/e2e parse it in full, and hold the answers against its schemas.
#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "api/fakes.h"
#include "api/routes/routes.h"

namespace weir::api {
namespace {

// Routes by method and path: "GET /logs".
struct DescribedRoute {
  std::string role = "viewer";
  std::set<std::string> query_parameters;
  bool open = false;
};

std::string after(const std::string& line, std::string_view prefix) {
  return line.starts_with(prefix) ? line.substr(prefix.size()) : std::string();
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string key_of(const Route& route) { return std::string(route.method) + " " + route.pattern; }

std::map<std::string, DescribedRoute> described_routes() {
  std::map<std::string, DescribedRoute> routes;
  std::istringstream lines{std::string(openapi_yaml())};
  DescribedRoute* current = nullptr;
  std::string path, name;
  for (std::string line; std::getline(lines, line) && line != "components:";) {
    if (line.starts_with("  /") && line.ends_with(":")) path = line.substr(2, line.size() - 3);
    for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      if (line == "    " + lower(method) + ":") current = &routes[method + " " + path];
    }
    if (current == nullptr) continue;
    if (const auto n = after(line, "        - name: "); !n.empty()) name = n;
    if (line == "          in: query") current->query_parameters.insert(name);
    if (const auto n = after(line, "        - $ref: \"#/components/parameters/"); !n.empty()) {
      current->query_parameters.insert(n.substr(0, n.size() - 1));
    }
    if (line == "      security: []") current->open = true;
    if (const auto role = after(line, "      x-role: "); !role.empty()) current->role = role;
  }
  return routes;
}

class OpenApi : public testing::Test {
 protected:
  FakeStore store_;
  FakeStatus status_;
  EventHub hub_;
  alerting::Suppressions suppressions_;
  FakeUsers users_;
  FakeControl control_;
  AuditLog audit_{"unused"};
  const Access access_{{}, {}};
  const std::vector<Route> served_ = all_routes();

  std::vector<Route> all_routes() {
    std::vector<Route> routes = make_routes(store_, status_, hub_, suppressions_);
    for (Route& route : make_admin_routes(access_, {.users = &users_, .audit = &audit_, .control = &control_})) {
      routes.push_back(std::move(route));
    }
    return routes;
  }
  const std::map<std::string, DescribedRoute> described_ = described_routes();
};

TEST_F(OpenApi, every_route_that_is_described_is_served_and_the_other_way_round) {
  std::set<std::string> served, described;
  for (const Route& route : served_) served.insert(key_of(route));
  for (const auto& [pattern, route] : described_) described.insert(pattern);
  EXPECT_EQ(served, described);
  EXPECT_EQ(served.size(), served_.size()) << "a route is there twice";
}

TEST_F(OpenApi, every_query_parameter_that_is_described_is_known_and_the_other_way_round) {
  for (const Route& route : served_) {
    const std::set<std::string> known(route.parameters.begin(), route.parameters.end());
    EXPECT_EQ(known, described_.at(key_of(route)).query_parameters) << route.pattern;
  }
}

TEST_F(OpenApi, exactly_the_routes_without_security_are_open) {
  for (const Route& route : served_) EXPECT_EQ(route.open, described_.at(key_of(route)).open) << route.pattern;
}

TEST_F(OpenApi, each_route_wants_the_role_that_is_described) {
  for (const Route& route : served_) {
    EXPECT_EQ(to_string(route.role), described_.at(key_of(route)).role) << key_of(route);
  }
}

TEST_F(OpenApi, no_open_route_changes_anything_but_the_session) {
  for (const Route& route : served_) {
    if (route.pattern == "/api/v1/session") continue;
    EXPECT_TRUE(!route.open || route.method == "GET") << key_of(route);
  }
}

}  // namespace
}  // namespace weir::api
