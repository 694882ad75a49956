// SPDX-License-Identifier: Apache-2.0
#include "store/codec.h"

#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>

#include "base/byte_reader.h"

namespace weir::store {

namespace {

constexpr std::uint16_t kVersion = 3;  // 2: with what suppresses a detection; 3: with ICMP type and code
constexpr std::uint16_t kOldest = 1;   // that is still read: a spool may have waited through an upgrade

template <class T>
constexpr auto kLargest = static_cast<std::underlying_type_t<T>>(0);
template <>
constexpr auto kLargest<flow::EndReason> = static_cast<std::uint8_t>(flow::EndReason::evicted);
template <>
constexpr auto kLargest<scoring::Status> = static_cast<std::uint8_t>(scoring::Status::anomaly);
template <>
constexpr auto kLargest<scoring::UnscoredReason> = static_cast<std::uint8_t>(scoring::UnscoredReason::overload);
template <>
constexpr auto kLargest<alerting::Severity> = static_cast<std::uint8_t>(alerting::Severity::critical);

// Encoder and Decoder are called with the same fields in the same order, by the visit() functions below: they cannot
// disagree. What each type looks like stands here, twice, side by side.
class Encoder {
 public:
  template <class T>
    requires std::is_unsigned_v<T>
  void operator()(T number) {
    for (int shift = 8 * (sizeof(T) - 1); shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::byte>(number >> shift));
  }
  template <class T>
    requires std::is_enum_v<T>
  void operator()(T value) {
    (*this)(static_cast<std::uint8_t>(value));
  }
  void operator()(float value) { (*this)(std::bit_cast<std::uint32_t>(value)); }
  void operator()(double value) { (*this)(std::bit_cast<std::uint64_t>(value)); }
  void operator()(base::Timestamp value) { (*this)(static_cast<std::uint64_t>(base::to_us(value))); }
  void operator()(const std::array<std::byte, 16>& value) { bytes_.insert(bytes_.end(), value.begin(), value.end()); }
  void operator()(const base::IpAddress& value) { (*this)(value.bytes()); }
  void operator()(const std::string& value) {
    (*this)(static_cast<std::uint32_t>(value.size()));
    const auto* begin = reinterpret_cast<const std::byte*>(value.data());
    bytes_.insert(bytes_.end(), begin, begin + value.size());
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(static_cast<std::uint8_t>(value.has_value()));
    if (value) (*this)(*value);
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) visit(*this, value);
  }

  static constexpr std::uint16_t version() { return kVersion; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : reader_(bytes) { (*this)(version_); }

  std::uint16_t version() const { return version_; }

  bool ok() const { return reader_.ok() && sane_; }
  bool at_end() const { return reader_.remaining() == 0; }

  void operator()(std::uint8_t& number) { number = reader_.u8(); }
  void operator()(std::uint16_t& number) { number = reader_.u16(); }
  void operator()(std::uint32_t& number) { number = reader_.u32(); }
  void operator()(std::uint64_t& number) { number = reader_.u64(); }
  template <class T>
    requires std::is_enum_v<T>
  void operator()(T& value) {
    const std::uint8_t number = reader_.u8();
    sane_ = sane_ && number <= kLargest<T>;
    if (sane_) value = static_cast<T>(number);
  }
  void operator()(float& value) { value = std::bit_cast<float>(reader_.u32()); }
  void operator()(double& value) { value = std::bit_cast<double>(reader_.u64()); }
  void operator()(base::Timestamp& value) { value = base::from_us(static_cast<std::int64_t>(reader_.u64())); }
  void operator()(std::array<std::byte, 16>& value) {
    const auto from = take(value.size());
    std::copy(from.begin(), from.end(), value.begin());
  }
  void operator()(base::IpAddress& value) {
    std::array<std::byte, 16> bytes{};
    (*this)(bytes);
    value = base::IpAddress::v6(bytes.data());
  }
  void operator()(std::string& value) {
    const auto from = take(reader_.u32());
    value.assign(reinterpret_cast<const char*>(from.data()), from.size());
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    if (reader_.u8() != 0) (*this)(value.emplace());
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    const std::uint32_t count = reader_.u32();
    // Grows only as far as there are bytes: a wrong count asks for no memory.
    for (std::uint32_t i = 0; i < count && ok() && !at_end(); ++i) visit(*this, values.emplace_back());
    sane_ = sane_ && values.size() == count;
  }

 private:
  std::span<const std::byte> take(std::size_t n) {
    const auto rest = reader_.rest();
    reader_.skip(n);
    return reader_.ok() ? rest.first(n) : rest.first(0);
  }

  base::ByteReader reader_;
  bool sane_ = true;
  std::uint16_t version_ = 0;
};

void visit(auto& io, auto& value) { io(value); }

template <class D>
concept DetectionLike = std::is_same_v<std::remove_const_t<D>, alerting::Detection>;
template <class R>
concept ReasonLike = std::is_same_v<std::remove_const_t<R>, scoring::Reason>;
template <class S>
concept SampleLike = std::is_same_v<std::remove_const_t<S>, ThroughputSample>;

void visit(auto& io, ReasonLike auto& r) {
  io(r.feature);
  for (auto* number : {&r.value, &r.median, &r.low, &r.high, &r.contribution}) io(*number);
}

void visit(auto& io, SampleLike auto& s) {
  io(s.at);
  io(s.sensor);
  io(s.seconds);
  for (auto* n : {&s.packets, &s.bytes, &s.flows_started, &s.flows_open, &s.rejected_packets, &s.dropped_packets})
    io(*n);
}

void visit_flow(auto& io, auto& f) {
  io(f.uid.bytes);
  io(f.src_ip);
  io(f.dst_ip);
  io(f.src_port);
  io(f.dst_port);
  io(f.ip_version);
  io(f.protocol);
  io(f.vlan);
  io(f.tunnel_id);
  io(f.started);
  io(f.last);
  io(f.packets);
  io(f.bytes);
  io(f.end_reason);
}

void visit_verdict(auto& io, auto& v) {
  io(v.status);
  io(v.unscored_reason);
  io(v.score);
  io(v.margin);
  io(v.p_value);
  io(v.attack_type);
  io(v.confidence);
  io(v.reasons);
}

void visit(auto& io, DetectionLike auto& d) {
  visit_flow(io, d.flow);
  io(d.sensor);
  io(d.scored_at);
  io(d.alerted_at);
  visit_verdict(io, d.verdict);
  io(d.severity);
  io(d.technique);
  io(d.model_version);
  io(d.features);
  if (io.version() >= 2) io(d.suppressed_by);
  if (io.version() >= 3) {  // the Community ID is made of them
    io(d.flow.icmp_type);
    io(d.flow.icmp_code);
  }
}

}  // namespace

std::vector<std::byte> encode(const WriteBatch& batch) {
  Encoder io;
  io(kVersion);
  io(batch.detections);
  io(batch.throughput);
  return io.take();
}

base::Result<WriteBatch> decode(std::span<const std::byte> bytes) {
  Decoder io(bytes);
  if (io.ok() && (io.version() < kOldest || io.version() > kVersion))
    return base::fail("it is of version " + std::to_string(io.version()) + ", written by another weir");
  WriteBatch batch;
  io(batch.detections);
  io(batch.throughput);
  if (!io.ok() || !io.at_end()) return base::fail("it is damaged");
  return batch;
}

}  // namespace weir::store
