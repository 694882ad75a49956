// SPDX-License-Identifier: Apache-2.0
// The description and the routes must say the same. It reads openapi.yaml as what it is, lines of a known shape: the
// tests in tests/e2e parse it in full, and hold the answers against its schemas.
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "api/fakes.h"
#include "api/routes/routes.h"

namespace weir::api {
namespace {

struct DescribedRoute {
  std::set<std::string> query_parameters;
  bool open = false;
};

std::string after(const std::string& line, std::string_view prefix) {
  return line.starts_with(prefix) ? line.substr(prefix.size()) : std::string();
}

std::map<std::string, DescribedRoute> described_routes() {
  std::map<std::string, DescribedRoute> routes;
  std::istringstream lines{std::string(openapi_yaml())};
  DescribedRoute* current = nullptr;
  std::string name;
  for (std::string line; std::getline(lines, line) && line != "components:";) {
    if (line.starts_with("  /") && line.ends_with(":")) current = &routes[line.substr(2, line.size() - 3)];
    if (current == nullptr) continue;
    if (const auto n = after(line, "        - name: "); !n.empty()) name = n;
    if (line == "          in: query") current->query_parameters.insert(name);
    if (const auto n = after(line, "        - $ref: \"#/components/parameters/"); !n.empty()) {
      current->query_parameters.insert(n.substr(0, n.size() - 1));
    }
    if (line == "      security: []") current->open = true;
  }
  return routes;
}

class OpenApi : public testing::Test {
 protected:
  FakeStore store_;
  FakeStatus status_;
  EventHub hub_;
  const std::vector<Route> served_ = make_routes(store_, status_, hub_);
  const std::map<std::string, DescribedRoute> described_ = described_routes();
};

TEST_F(OpenApi, every_route_that_is_described_is_served_and_the_other_way_round) {
  std::set<std::string> served, described;
  for (const Route& route : served_) served.insert(route.pattern);
  for (const auto& [pattern, route] : described_) described.insert(pattern);
  EXPECT_EQ(served, described);
  EXPECT_EQ(served.size(), served_.size()) << "a route is there twice";
}

TEST_F(OpenApi, every_query_parameter_that_is_described_is_known_and_the_other_way_round) {
  for (const Route& route : served_) {
    const std::set<std::string> known(route.parameters.begin(), route.parameters.end());
    EXPECT_EQ(known, described_.at(route.pattern).query_parameters) << route.pattern;
  }
}

TEST_F(OpenApi, exactly_the_routes_without_security_are_open) {
  for (const Route& route : served_) EXPECT_EQ(route.open, described_.at(route.pattern).open) << route.pattern;
}

}  // namespace
}  // namespace weir::api
