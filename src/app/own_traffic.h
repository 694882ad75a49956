// SPDX-License-Identifier: Apache-2.0
// What weir itself causes on the network that it watches: rules that keep it out of the alerts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "alerting/suppression.h"
#include "base/ip_address.h"

namespace weir::app {

inline constexpr const char* kOwnTraffic = "own-traffic";  // the id of each of these rules

// Where a sink connects to.
struct SinkServer {
  std::string host;
  std::uint16_t port = 0;
  bool udp = false;
  friend bool operator==(const SinkServer&, const SinkServer&) = default;
};

// Connections to the page and the API at `listen` (HOST:PORT), and this machine's to the database at `db` (the URL of a
// PostgreSQL server; anything else needs no connection) and to the sinks' servers. What cannot be told (a name that does not
// resolve) is left out.
std::vector<alerting::Suppression> own_traffic_rules(const std::string& listen, const std::string& db,
                                                     const std::vector<SinkServer>& sinks);

// The same, for a machine with these addresses.
std::vector<alerting::Suppression> own_traffic_rules(const std::string& listen, const std::string& db,
                                                     const std::vector<SinkServer>& sinks,
                                                     const std::vector<base::IpAddress>& own_addresses);

}  // namespace weir::app
