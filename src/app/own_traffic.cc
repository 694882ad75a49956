// SPDX-License-Identifier: Apache-2.0
#include "app/own_traffic.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "api/listen_address.h"

namespace weir::app {

namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint16_t kPostgresPort = 5432;

std::optional<base::IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return base::IpAddress::v4(reinterpret_cast<const std::byte*>(&v4->sin_addr));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    return base::IpAddress::v6(reinterpret_cast<const std::byte*>(&v6->sin6_addr));
  }
  return std::nullopt;
}

std::vector<base::IpAddress> own_addresses() {
  std::vector<base::IpAddress> all;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return all;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (const auto address = address_of(one->ifa_addr)) all.push_back(*address);
  }
  freeifaddrs(list);
  return all;
}

std::vector<base::IpAddress> resolved(const std::string& host) {
  if (const auto address = base::IpAddress::parse(host)) return {*address};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
  std::vector<base::IpAddress> all;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (const auto address = address_of(one->ai_addr)) all.push_back(*address);
  }
  return all;
}

bool is_any(const base::IpAddress& address) {
  return address == base::IpAddress() || address == base::IpAddress::v4(0u);
}

alerting::Suppression rule_for(const base::IpAddress& server, std::uint16_t port) {
  alerting::Suppression suppression;
  suppression.id = kOwnTraffic;
  suppression.owner = "weir";
  suppression.reason = "weir's own traffic";
  suppression.rule.destination = base::IpNetwork::of(server);
  suppression.rule.ports.emplace().add(port);
  suppression.rule.protocol = kTcp;
  return suppression;
}

struct Server {
  std::string host;
  std::uint16_t port = kPostgresPort;
};

// Host and port of postgresql://USER:PASSWORD@HOST:PORT/DATABASE?...
std::optional<Server> database_server(std::string_view url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://")) return std::nullopt;
  url.remove_prefix(url.find("://") + 3);
  url = url.substr(0, url.find_first_of("/?"));
  if (const auto at = url.rfind('@'); at != url.npos) url.remove_prefix(at + 1);
  if (url.empty()) return std::nullopt;
  const auto address = api::parse_listen_address(std::string(url));
  if (address) return Server{address->host, address->port};
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  return Server{std::string(url)};
}

}  // namespace

std::vector<alerting::Suppression> own_traffic_rules(const std::string& listen, const std::string& db,
                                                     const std::vector<SinkServer>& sinks) {
  return own_traffic_rules(listen, db, sinks, own_addresses());
}

std::vector<alerting::Suppression> own_traffic_rules(const std::string& listen, const std::string& db,
                                                     const std::vector<SinkServer>& sinks,
                                                     const std::vector<base::IpAddress>& own) {
  std::vector<alerting::Suppression> rules;
  if (const auto address = api::parse_listen_address(listen); address && address->port != 0) {
    std::vector<base::IpAddress> served = resolved(address->host);
    if (std::any_of(served.begin(), served.end(), is_any)) served = own;
    for (const base::IpAddress& one : served) rules.push_back(rule_for(one, address->port));
  }
  const auto add = [&](const std::string& host, std::uint16_t port, std::uint8_t protocol) {
    for (const base::IpAddress& one : resolved(host)) {
      for (const base::IpAddress& from : own) {
        rules.push_back(rule_for(one, port));
        rules.back().rule.source = base::IpNetwork::of(from);
        rules.back().rule.protocol = protocol;
      }
    }
  };
  if (const auto server = database_server(db)) add(server->host, server->port, kTcp);
  for (const SinkServer& sink : sinks) add(sink.host, sink.port, sink.udp ? kUdp : kTcp);
  return rules;
}

}  // namespace weir::app
