// SPDX-License-Identifier: Apache-2.0
#include "features/host_row.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "decode/packet_view.h"
#include "features/schema.h"

namespace weir::features {

namespace {

namespace protocol = decode::protocol;

std::uint64_t hash_of(const base::IpAddress& address) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), address.bytes().data(), sizeof words);
  return mix(words[0] ^ mix(words[1] + 0x9e3779b97f4a7c15));
}

// Sent to a group, or to all: nobody has to answer.
bool to_many(const flow::FlowIdentity& flow) {
  const auto& bytes = flow.dst_ip.bytes();
  const auto first = std::to_integer<unsigned>(flow.ip_version == 4 ? bytes[12] : bytes[0]);
  if (flow.ip_version != 4) return first == 0xFF;
  const bool broadcast = std::all_of(bytes.begin() + 12, bytes.end(), [](std::byte b) { return b == std::byte{0xFF}; });
  return first >> 4 == 0xE || broadcast;
}

constexpr float kNone = kUndefined;

float ratio(float a, float b) { return b > 0 ? a / b : kNone; }

// Writes values one after the other, in the order of the catalogue's blocks.
class Writer {
 public:
  Writer(const WindowClock& clock, float* at) : clock_(clock), at_(at) {}

  template <class... Values>
  void put(Values... values) {
    ((*at_++ = values), ...);
  }

  void counts(const HostSums& sums) {
    put(sums.flows, ratio(sums.unanswered, sums.flows), ratio(sums.refused, sums.flows), sums.packets, sums.fwd_bytes,
        sums.bwd_bytes);
  }
  void shape(const HostSums& sums) {
    const float bytes = sums.fwd_bytes + sums.bwd_bytes;
    put(ratio(sums.empty, sums.flows), ratio(sums.fwd_bytes, bytes), ratio(bytes, sums.packets),
        ratio(bytes, sums.rows));
  }
  template <class State>
  void distinct(const State& state, std::size_t which, std::size_t window, const HostSums& sums) {
    const float different = state.windows[window].distinct[which].estimate(clock_.share_of_before[window]);
    put(different, std::min(ratio(different, sums.flows), 1.0F));  // in this order: undefined stays undefined
  }
  template <class State>
  void concentration(const State& state, std::size_t which) {
    put(state.concentrated[which].index(clock_.share_of_before[1]));
  }
  void habits(const RecentHabits& habits) {
    put(static_cast<float>(habits.starts), habits.gap.mean(), habits.gap.deviation(), habits.fwd.mean(),
        habits.fwd.deviation(), habits.bwd.mean(), habits.bwd.deviation(), habits.time.mean(), habits.time.deviation());
    const bool any = habits.starts > 0;
    put(any ? habits.unanswered : kNone, any ? habits.refused : kNone, habits.changes.share());
  }

  const float* at() const { return at_; }

 private:
  const WindowClock& clock_;
  float* at_;
};

void add_things(RecentHabits& habits, const RowFacts& facts, std::uint64_t thing) {
  if (facts.starts) {
    habits.start(facts.started, facts.sums.unanswered > 0, facts.sums.refused > 0, static_cast<std::uint32_t>(thing));
  }
  if (facts.ends_session) habits.end(facts.session);
}

}  // namespace

bool is_icmp_error(const flow::FlowIdentity& flow) {
  // Destination unreachable, time exceeded (RFC 792, RFC 4443).
  if (flow.protocol == protocol::kIcmp) return flow.icmp_type == 3 || flow.icmp_type == 11;
  if (flow.protocol == protocol::kIcmpV6) return flow.icmp_type == 1 || flow.icmp_type == 3;
  return false;
}

RowFacts facts_of(const Row& row, std::span<const float> values) {
  const RowNews& news = row.news;
  const flow::FlowIdentity& flow = row.flow;
  RowFacts facts;
  facts.starts = news.starts;
  facts.started = flow.started;
  facts.opens = news.opens;
  facts.sums.rows = 1;
  facts.sums.packets = static_cast<float>(news.packets[0]) + static_cast<float>(news.packets[1]);
  facts.sums.fwd_bytes = static_cast<float>(news.payload_bytes[0]);
  facts.sums.bwd_bytes = static_cast<float>(news.payload_bytes[1]);

  const bool silent = news.unanswered && !is_icmp_error(flow) && !to_many(flow);
  if (news.starts) {
    facts.sums.flows = 1;
    facts.sums.unanswered = silent;
    facts.sums.refused = news.refused;
    facts.sums.empty = news.payload_bytes[0] + news.payload_bytes[1] == 0;
    facts.source = hash_of(flow.src_ip);
    facts.destination = hash_of(flow.dst_ip);
    facts.port = mix(flow.dst_port + (std::uint64_t{flow.protocol} << 16) + 1);
    facts.size = mix(news.payload_bytes[0] + 1);
  }

  const bool tcp = flow.protocol == protocol::kTcp;
  facts.ends_session = tcp ? news.closes || (news.starts && news.unanswered) : news.starts;
  if (facts.ends_session) {
    facts.session.fwd = log2_of(static_cast<double>(values[feature("fwd_payload_bytes")]));
    facts.session.bwd = log2_of(static_cast<double>(values[feature("bwd_payload_bytes")]));
    facts.session.time = log2_of(static_cast<double>((flow.last - flow.started).count()));
  }
  return facts;
}

void add(SourceState& state, const RowFacts& facts) {
  state.add(facts.sums);
  state.add_open(facts.opens);
  add_things(state.habits, facts, facts.destination);
  if (!facts.starts) return;
  state.ports.start(static_cast<std::uint32_t>(facts.port));
  state.add_distinct(kPeers, facts.destination);
  state.add_distinct(kPorts, facts.port);
  state.concentrated[kBySize].add(facts.size);
  state.concentrated[kByPeer].add(facts.destination);
  state.concentrated[kByPort].add(facts.port);
}

void add(DestinationState& state, const RowFacts& facts) {
  state.add(facts.sums);
  state.add_open(facts.opens);
  if (!facts.starts) return;
  state.add_distinct(kPeers, facts.source);
  state.add_distinct(kPorts, facts.port);
  state.concentrated[0].add(facts.source);
}

void add(PairState& state, const RowFacts& facts) {
  state.add(facts.sums);
  state.add_open(facts.opens);
  add_things(state.habits, facts, facts.port);
  if (!facts.starts) return;
  state.add_distinct(0, facts.port);
  state.concentrated[kBySize].add(facts.size);
}

void add(ServiceState& state, const RowFacts& facts) {
  state.add(facts.sums);
  state.add_open(facts.opens);
  add_things(state.habits, facts, facts.source);
  if (!facts.starts) return;
  state.add_distinct(0, facts.source);
  state.concentrated[kBySize].add(facts.size);
  state.concentrated[kByPeer].add(facts.source);
}

void write_host_features(const RowKeys& keys, const WindowClock& clock, std::span<float> values) {
  const auto& [source, destination, pair, service] = keys;
  const HostSums src[2] = {source.sums(0, clock), source.sums(1, clock)};
  const HostSums dst[2] = {destination.sums(0, clock), destination.sums(1, clock)};
  const HostSums both[2] = {pair.sums(0, clock), pair.sums(1, clock)};
  const HostSums asked[2] = {service.sums(0, clock), service.sums(1, clock)};
  Writer out(clock, values.data() + feature("src_flows_10s"));

  for (std::size_t w = 0; w < 2; ++w) {
    out.counts(src[w]);
    out.distinct(source, kPeers, w, src[w]);
    out.distinct(source, kPorts, w, src[w]);
  }
  out.shape(src[1]);
  out.concentration(source, kByPeer);
  out.concentration(source, kByPort);
  out.concentration(source, kBySize);
  out.put(src[0].errors, src[1].errors, ratio(src[1].errors, src[1].flows), static_cast<float>(source.open));
  out.habits(source.habits);
  out.put(source.ports.share());

  for (std::size_t w = 0; w < 2; ++w) {
    out.counts(dst[w]);
    out.distinct(destination, kPeers, w, dst[w]);
    out.distinct(destination, kPorts, w, dst[w]);
  }
  out.shape(dst[1]);
  out.concentration(destination, 0);
  out.put(static_cast<float>(destination.open));

  for (std::size_t w = 0; w < 2; ++w) {
    out.counts(both[w]);
    out.distinct(pair, 0, w, both[w]);
  }
  out.shape(both[1]);
  out.concentration(pair, kBySize);
  out.put(static_cast<float>(pair.open));
  out.habits(pair.habits);
  out.put(ratio(both[1].flows, src[1].flows));
  for (std::size_t w = 0; w < 2; ++w) out.put(ratio(both[w].flows, dst[w].flows));
  for (std::size_t w = 0; w < 2; ++w) out.put(ratio(both[w].packets, dst[w].packets));

  for (std::size_t w = 0; w < 2; ++w) {
    out.counts(asked[w]);
    out.distinct(service, 0, w, asked[w]);
  }
  out.shape(asked[1]);
  out.concentration(service, kByPeer);
  out.concentration(service, kBySize);
  out.put(static_cast<float>(service.open));
  out.habits(service.habits);
  static_assert(feature("service_recent_peer_changes") == kFeatureCount - 1);
}

}  // namespace weir::features
