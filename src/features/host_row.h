// SPDX-License-Identifier: Apache-2.0
// From a row to what it adds to its keys, and from its keys to its values of family `host`.
#pragma once

#include <cstdint>
#include <span>

#include "features/feature_batch.h"
#include "features/host_state.h"

namespace weir::features {

enum : std::size_t { kPeers = 0, kPorts = 1 };                 // DistinctWindows
enum : std::size_t { kBySize = 0, kByPeer = 1, kByPort = 2 };  // ConcentrationWindows

struct SourceState : HostState<2, 3> {
  RecentChanges ports;                                         // habits.changes tells of its peers
};
struct DestinationState : HostState<2, 1> {};                  // concentration by peer only
struct PairState : HostState<1, 1> {};
struct ServiceState : HostState<1, 2> {};

// What a row adds, worked out once for its four keys.
struct RowFacts {
  HostSums sums;
  bool starts = false;  // a connection began
  bool ends_session = false;
  Session session;
  base::Timestamp started;
  std::uint64_t source = 0, destination = 0, port = 0, size = 0;  // hashes with a fixed seed
  std::int8_t opens = 0;
};

RowFacts facts_of(const Row& row, std::span<const float> values);

bool is_icmp_error(const flow::FlowIdentity& flow);

void add(SourceState& state, const RowFacts& facts);
void add(DestinationState& state, const RowFacts& facts);
void add(PairState& state, const RowFacts& facts);
void add(ServiceState& state, const RowFacts& facts);

struct RowKeys {
  const SourceState& source;
  const DestinationState& destination;
  const PairState& pair;
  const ServiceState& service;
};

// Fills in the family `host` of a row; its keys must have been rolled to the clock.
void write_host_features(const RowKeys& keys, const WindowClock& clock, std::span<float> values);

}  // namespace weir::features
