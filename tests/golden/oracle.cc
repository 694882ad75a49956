// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/oracle.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/golden/plain_meter.h"

namespace weir::golden {

namespace {

struct FastRow {
  features::Row row;
  base::Timestamp tick;
  std::vector<float> values;
};

std::vector<FastRow> fast_meter(std::span<const decode::PacketView> packets, const features::MeterConfig& config) {
  std::vector<FastRow> rows;
  features::FlowMeter meter(config, [&rows](features::FeatureBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      rows.push_back({batch.row(i), batch.tick, {batch.values(i).begin(), batch.values(i).end()}});
    }
  });
  meter.add(packets);
  meter.finish(flow::EndReason::forced);
  return rows;
}

// What tells one row from all others.
auto name(const flow::FlowIdentity& f, features::RowKind kind, base::Timestamp tick) {
  const std::tuple a(f.src_ip, f.src_port), b(f.dst_ip, f.dst_port);
  return std::tuple(f.started, f.ip_version, f.protocol, f.vlan, f.tunnel_id, std::min(a, b), std::max(a, b), kind,
                    tick, f.packets, f.bytes, f.last);
}
auto name(const PlainRow& row) { return name(row.flow, row.kind, row.tick); }
auto name(const FastRow& row) { return name(row.row.flow, row.row.kind, row.tick); }

// In the order of the catalogue, what is undefined below all.
std::vector<double> numbers(const FastRow& row) {
  std::vector<double> numbers;
  for (const float value : row.values) numbers.push_back(std::isnan(value) ? -HUGE_VAL : static_cast<double>(value));
  return numbers;
}
std::vector<double> numbers(const PlainRow& row) {
  std::vector<double> numbers;
  for (const features::FeatureSpec& feature : features::kFeatures) {
    const auto found = row.values.find(std::string(feature.name));
    numbers.push_back(found == row.values.end() ? -HUGE_VAL : static_cast<double>(static_cast<float>(found->second)));
  }
  return numbers;
}

bool same_number(float fast, double plain) {
  const auto expected = static_cast<float>(plain);
  if (fast == expected) return true;
  const bool whole = std::floor(plain) == plain && std::abs(plain) < (1 << 24);
  return !whole && (std::nextafter(fast, expected) == expected);
}

std::string text(const flow::FlowIdentity& flow, base::Timestamp tick) {
  std::ostringstream text;
  text << flow::flow_id(flow) << ", started " << base::to_us(flow.started) << ", " << flow.packets << " packets, tick "
       << base::to_us(tick) << ", " << flow::to_string(flow.end_reason) << ": ";
  return text.str();
}

std::string difference(const PlainRow& plain, const FastRow& fast) {
  const auto ends = [](const flow::FlowIdentity& f) {
    return std::tuple(f.src_ip, f.src_port, f.dst_ip, f.dst_port, f.end_reason);
  };
  const std::string front = text(plain.flow, plain.tick);
  if (ends(plain.flow) != ends(fast.row.flow)) return front + "the fast row is " + text(fast.row.flow, fast.tick);
  for (std::size_t i = 0; i < fast.values.size(); ++i) {
    const std::string feature(features::kFeatures[i].name);
    const auto expected = plain.values.find(feature);
    const bool defined = expected != plain.values.end();
    const bool same = defined ? same_number(fast.values[i], expected->second) : std::isnan(fast.values[i]);
    if (same) continue;
    std::ostringstream what;
    what.precision(9);
    what << front << feature << " = " << fast.values[i] << " instead of ";
    defined ? what << expected->second : what << "undefined";
    return what.str();
  }
  return {};
}

}  // namespace

std::string difference(std::span<const decode::PacketView> packets, const features::MeterConfig& config) {
  std::vector<PlainRow> plain = plain_meter(packets, config);
  std::vector<FastRow> fast = fast_meter(packets, config);
  // Records of one key that begin within one microsecond may have the same name: then the numbers put them in order.
  const auto by_name = [](const auto& a, const auto& b) {
    const auto of_a = name(a), of_b = name(b);
    return of_a == of_b ? numbers(a) < numbers(b) : of_a < of_b;
  };
  std::sort(plain.begin(), plain.end(), by_name);
  std::sort(fast.begin(), fast.end(), by_name);
  for (std::size_t i = 0; i < std::min(plain.size(), fast.size()); ++i) {
    if (name(plain[i]) < name(fast[i])) return text(plain[i].flow, plain[i].tick) + "only the plain meter has it";
    if (name(fast[i]) < name(plain[i])) return text(fast[i].row.flow, fast[i].tick) + "only the fast meter has it";
    if (std::string found = difference(plain[i], fast[i]); !found.empty()) return found;
  }
  if (plain.size() == fast.size()) return {};
  return "the plain meter has " + std::to_string(plain.size()) + " rows, the fast one " + std::to_string(fast.size());
}

}  // namespace weir::golden
