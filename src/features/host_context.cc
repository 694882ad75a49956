// SPDX-License-Identifier: Apache-2.0
#include "features/host_context.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/plain_bytes.h"
#include "features/host_row.h"
#include "features/recent_keys.h"
#include "flow/flow_head.h"

namespace weir::features {

namespace {

// Rows whose keys' memory is fetched ahead: enough to hide it, few enough for the cache.
constexpr std::size_t kAhead = 16;

constexpr std::size_t kPairsPerHost = 2;

struct RowRef {
  std::int64_t started_us;
  std::uint64_t uid;
  HostContext::Place place;
};

flow::FlowKey key_base(const flow::FlowIdentity& flow) {
  flow::FlowKey key;
  key.vlan = flow.vlan;
  key.tunnel_id = flow.tunnel_id;
  key.ip_version = flow.ip_version;
  return key;
}

flow::FlowKey host_key(const flow::FlowIdentity& flow, const base::IpAddress& host) {
  flow::FlowKey key = key_base(flow);
  key.low_ip = host;
  return key;
}

flow::FlowKey pair_key(const flow::FlowIdentity& flow) {
  flow::FlowKey key = host_key(flow, flow.src_ip);
  key.high_ip = flow.dst_ip;
  return key;
}

flow::FlowKey service_key(const flow::FlowIdentity& flow) {
  flow::FlowKey key = host_key(flow, flow.dst_ip);
  key.low_port = flow.dst_port;
  key.protocol = flow.protocol;
  return key;
}

}  // namespace

class HostContext::Engine {
 public:
  explicit Engine(HostContextConfig config)
      : sources_(config.max_hosts),
        destinations_(config.max_hosts),
        pairs_(config.max_hosts * kPairsPerHost),
        services_(config.max_hosts) {}

  std::span<const Place> fill(std::span<const Rows> slice) {
    order_.clear();
    if (slice.empty()) return order_;
    begin(slice.front().batch->tick);
    sort(slice);
    for (std::size_t at = 0; at < order_.size(); at += kAhead) {
      look_up(slice, at, std::min(kAhead, order_.size() - at));
    }
    for (const Place& place : order_) count_errors(slice[place.batch].batch->row(place.row));
    for (std::size_t i = 0; i < order_.size(); ++i) {
      if (i + kAhead < order_.size()) fetch(found_[i + kAhead]);
      const Rows& rows = slice[order_[i].batch];
      if (rows.wanted) write(rows.batch->row(order_[i].row), found_[i], rows.batch->writable_values(order_[i].row));
    }
    return order_;
  }

  void save(std::size_t piece_bytes, const std::function<void(std::vector<std::byte>&&)>& take) {
    save(Kind::source, sources_, piece_bytes, take);
    save(Kind::destination, destinations_, piece_bytes, take);
    save(Kind::pair, pairs_, piece_bytes, take);
    save(Kind::service, services_, piece_bytes, take);
  }

  bool restore(std::span<const std::byte> piece) {
    base::PlainReader reader(piece);
    PieceHead head{};
    if (!reader.take(head)) return false;
    now_ = std::max(now_, base::from_us(head.now_us));
    const std::span<const std::byte> records = piece.subspan(sizeof head);
    switch (head.kind) {
      case Kind::source: return sources_.restore(records);
      case Kind::destination: return destinations_.restore(records);
      case Kind::pair: return pairs_.restore(records);
      case Kind::service: return services_.restore(records);
    }
    return false;
  }

  void restored() {
    sources_.restored();
    destinations_.restored();
    pairs_.restored();
    services_.restored();
  }

  HostContextReport report() const {
    return {.sources = sources_.size(),
            .destinations = destinations_.size(),
            .pairs = pairs_.size(),
            .services = services_.size(),
            .displaced = sources_.displaced() + destinations_.displaced() + pairs_.displaced() + services_.displaced(),
            .memory_bytes = sources_.memory_bytes() + destinations_.memory_bytes() + pairs_.memory_bytes() +
                            services_.memory_bytes()};
  }

 private:
  enum class Kind : std::uint32_t { source, destination, pair, service };
  struct PieceHead {
    Kind kind;
    std::uint32_t reserved;
    std::int64_t now_us;
  };

  template <class Keys>
  void save(Kind kind, Keys& keys, std::size_t piece_bytes, const std::function<void(std::vector<std::byte>&&)>& take) {
    for (std::uint32_t index = 0; index < keys.used();) {
      std::vector<std::byte> piece;
      piece.reserve(piece_bytes + 4096);
      base::put_plain(piece, PieceHead{kind, 0, base::to_us(now_)});
      while (index < keys.used() && piece.size() < piece_bytes) keys.save(index++, piece);
      take(std::move(piece));
    }
  }

  struct Found {
    KeyRef source, destination, pair, service;
  };
  struct Keys {
    flow::FlowKey source, destination, pair, service;
    std::uint64_t source_hash, destination_hash, pair_hash, service_hash;
  };

  // Time only goes forwards, whatever a joiner that lost patience hands on.
  void begin(base::Timestamp slice_end) {
    now_ = std::max(now_, slice_end);
    clock_ = WindowClock::at(now_);
  }
  std::uint64_t slice_number() const { return static_cast<std::uint64_t>(base::to_us(now_)); }

  void sort(std::span<const Rows> slice) {
    refs_.clear();
    for (std::size_t b = 0; b < slice.size(); ++b) {
      const auto rows = slice[b].batch->rows();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        std::uint64_t uid;
        std::memcpy(&uid, rows[i].flow.uid.bytes.data(), sizeof uid);
        const Place place = {static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(i)};
        refs_.push_back({base::to_us(rows[i].flow.started), uid, place});
      }
    }
    std::sort(refs_.begin(), refs_.end(), [&](const RowRef& a, const RowRef& b) {
      if (a.started_us != b.started_us) return a.started_us < b.started_us;
      if (a.uid != b.uid) return a.uid < b.uid;
      // Two rows of one flow: both are from one worker, in their order.
      return a.place.batch != b.place.batch ? a.place.batch < b.place.batch : a.place.row < b.place.row;
    });
    for (const RowRef& ref : refs_) order_.push_back(ref.place);
    found_.resize(order_.size());
  }

  // Rows `at` to at + count: their keys, then their memory, then their news.
  void look_up(std::span<const Rows> slice, std::size_t at, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const flow::FlowIdentity& flow = slice[order_[at + i].batch].batch->row(order_[at + i].row).flow;
      Keys& keys = keys_[i];
      keys.source = host_key(flow, flow.src_ip);
      keys.destination = host_key(flow, flow.dst_ip);
      keys.pair = pair_key(flow);
      keys.service = service_key(flow);
      sources_.prefetch_slot(keys.source_hash = sources_.hash(keys.source));
      destinations_.prefetch_slot(keys.destination_hash = destinations_.hash(keys.destination));
      pairs_.prefetch_slot(keys.pair_hash = pairs_.hash(keys.pair));
      services_.prefetch_slot(keys.service_hash = services_.hash(keys.service));
    }
    for (std::size_t i = 0; i < count; ++i) {
      sources_.prefetch_state(keys_[i].source_hash);
      destinations_.prefetch_state(keys_[i].destination_hash);
      pairs_.prefetch_state(keys_[i].pair_hash);
      services_.prefetch_state(keys_[i].service_hash);
    }
    for (std::size_t i = 0; i < count; ++i) {
      FeatureBatch& batch = *slice[order_[at + i].batch].batch;
      const std::uint32_t row = order_[at + i].row;
      found_[at + i] = batch.row(row).news.none() ? only_closed(batch.row(row), keys_[i])
                                                  : take_in(batch.row(row), batch.values(row), keys_[i]);
    }
  }

  Found take_in(const Row& row, std::span<const float> values, const Keys& keys) {
    const RowFacts facts = facts_of(row, values);
    const std::uint64_t slice = slice_number();
    const Found found{.source = sources_.open(keys.source, keys.source_hash, slice),
                      .destination = destinations_.open(keys.destination, keys.destination_hash, slice),
                      .pair = pairs_.open(keys.pair, keys.pair_hash, slice),
                      .service = services_.open(keys.service, keys.service_hash, slice)};
    add(*sources_.at(found.source), facts);
    add(*destinations_.at(found.destination), facts);
    add(*pairs_.at(found.pair), facts);
    add(*services_.at(found.service), facts);
    return found;
  }

  template <class State>
  void add(State& state, const RowFacts& facts) {
    state.roll(clock_);
    features::add(state, facts);
  }

  // A final row without news: all it can say is that a connection is open no more.
  Found only_closed(const Row& row, const Keys& keys) {
    if (row.news.opens == 0) return {};
    if (auto* state = sources_.find(keys.source, keys.source_hash)) state->add_open(row.news.opens);
    if (auto* state = destinations_.find(keys.destination, keys.destination_hash)) state->add_open(row.news.opens);
    if (auto* state = pairs_.find(keys.pair, keys.pair_hash)) state->add_open(row.news.opens);
    if (auto* state = services_.find(keys.service, keys.service_hash)) state->add_open(row.news.opens);
    return {};
  }

  // An ICMP error is about something that its receiver had sent. After all rows, since the two may come in one slice.
  void count_errors(const Row& row) {
    if (row.news.packets[flow::kForward] == 0 || !is_icmp_error(row.flow)) return;
    const flow::FlowKey key = host_key(row.flow, row.flow.dst_ip);
    if (auto* state = sources_.find(key, sources_.hash(key))) {
      state->roll(clock_);
      HostSums errors;
      errors.errors = static_cast<float>(row.news.packets[flow::kForward]);
      state->add(errors);
    }
  }

  void fetch(const Found& found) {
    sources_.prefetch(found.source);
    destinations_.prefetch(found.destination);
    pairs_.prefetch(found.pair);
    services_.prefetch(found.service);
  }

  void write(const Row& row, const Found& found, std::span<float> values) {
    if (row.news.none()) return;
    const SourceState* source = sources_.at(found.source);
    const DestinationState* destination = destinations_.at(found.destination);
    const PairState* pair = pairs_.at(found.pair);
    const ServiceState* service = services_.at(found.service);
    if (!source || !destination || !pair || !service) {
      const RowFacts facts = facts_of(row, values);
      if (!source) source = stand_in(alone_.source, facts);
      if (!destination) destination = stand_in(alone_.destination, facts);
      if (!pair) pair = stand_in(alone_.pair, facts);
      if (!service) service = stand_in(alone_.service, facts);
    }
    write_host_features({*source, *destination, *pair, *service}, clock_, values);
  }

  // For a key that has given way within its slice.
  template <class State>
  const State* stand_in(State& state, const RowFacts& facts) {
    state = {};
    add(state, facts);
    return &state;
  }

  RecentKeys<SourceState> sources_;
  RecentKeys<DestinationState> destinations_;
  RecentKeys<PairState> pairs_;
  RecentKeys<ServiceState> services_;
  base::Timestamp now_ = base::Timestamp::min();
  WindowClock clock_;

  // Of the slice in hand; kept for their memory.
  std::vector<RowRef> refs_;
  std::vector<Place> order_;
  std::vector<Found> found_;
  std::array<Keys, kAhead> keys_;
  struct {
    SourceState source;
    DestinationState destination;
    PairState pair;
    ServiceState service;
  } alone_;
};

HostContext::HostContext(HostContextConfig config) : engine_(std::make_unique<Engine>(config)) {}
HostContext::~HostContext() = default;
HostContext::HostContext(HostContext&&) noexcept = default;
HostContext& HostContext::operator=(HostContext&&) noexcept = default;

std::span<const HostContext::Place> HostContext::fill(std::span<const Rows> slice) { return engine_->fill(slice); }
HostContextReport HostContext::report() const { return engine_->report(); }

void HostContext::save(std::size_t piece_bytes, const std::function<void(std::vector<std::byte>&&)>& take) const {
  engine_->save(piece_bytes, take);
}
bool HostContext::restore(std::span<const std::byte> piece) { return engine_->restore(piece); }
void HostContext::restored() { engine_->restored(); }

}  // namespace weir::features
